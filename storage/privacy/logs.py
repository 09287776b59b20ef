"""Lets no log tell what is personal: every record's words, arguments and traceback are masked.

It is the record that masks, not a handler, so that it holds for all handlers: those of uvicorn, of
libraries and of tests.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from storage.privacy.masking import mask

TALKATIVE = (
    "aiomysql", "aiosqlite", "alembic", "asyncpg", "bm25s", "chromadb", "elevenlabs",
    "faster_whisper", "httpcore", "httpx", "multipart", "openai", "python_multipart", "urllib3",
    "websockets",
)  # fmt: skip
"""Libraries whose chatter holds statements, frames and prompts: what callers say, word for word."""
_ABROAD = re.compile(
    r"(?<![0-9])(?P<head>(?:%2[Bb]|\+)?82(?:0?1\d|0?2|0?\d\d))\d{3,4}(?P<tail>\d{4})(?![0-9])"
)
"""Korean numbers in the carrier's form, in addresses of requests too (`%2B8210…`)."""
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127, 0x85, 0x2028, 0x2029)} | {
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\t"): "\\t",
}


def install() -> None:
    """Mask all records of this process from now on, and quiet the `TALKATIVE` libraries."""
    logging.setLogRecordFactory(PrivateRecord)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


class PrivateRecord(logging.LogRecord):
    """A record that says nothing personal, in one line but for its traceback."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if isinstance(self.args, tuple):
            # Some formatters, such as uvicorn's for requests, take the arguments one by one.
            self.args = tuple(map(_masked, self.args))
        elif isinstance(self.args, dict):
            self.args = {name: _masked(value) for name, value in self.args.items()}
        if self.exc_info and self.exc_info[0] is not None:
            self.exc_text = mask_log(logging.Formatter().formatException(self.exc_info))
        if self.stack_info:
            self.stack_info = mask_log(self.stack_info)

    def getMessage(self) -> str:  # noqa: N802 - logging's name
        """The message with its arguments, without what is personal and without line breaks."""
        return mask_log(super().getMessage().rstrip("\n")).translate(_CONTROL)


def mask_log(text: str) -> str:
    """As `mask`; also numbers in the forms of the carrier and of requests' addresses."""
    return mask(_ABROAD.sub(lambda m: f"{m['head']}****{m['tail']}", text))


def _masked(value: object) -> object:
    return mask_log(value) if isinstance(value, str) else value
