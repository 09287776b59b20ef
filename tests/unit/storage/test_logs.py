"""No log record tells what is personal, whoever handles it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from uvicorn.logging import AccessFormatter

from scripts import cli
from storage.privacy.logs import PrivateRecord, install, mask_log

PHONE = "+821012345678"


@pytest.fixture(autouse=True)
def private_logs() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    install()
    yield
    logging.setLogRecordFactory(before)


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("test-logs")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


log = logging.getLogger("test-logs")


def test_messages_and_arguments_are_masked(out: io.StringIO) -> None:
    log.warning("call of %s, born %s", PHONE, "1979년 3월 14일생")
    log.warning("call of %(who)s", {"who": "010-1234-5678"})
    log.warning("공일공에 일이삼사에 오육칠팔이요")

    assert out.getvalue() == (
        "call of +8210****5678, born ****년 *월 **일생\ncall of 010-****-5678\n****이요\n"
    )


def test_tracebacks_and_stacks_are_masked(out: io.StringIO) -> None:
    try:
        int(f"no customer {PHONE}")
    except ValueError:
        log.exception("it failed", stack_info=True)

    assert "no customer +8210****5678" in out.getvalue()
    assert "12345678" not in out.getvalue()


def test_a_message_is_one_line_and_can_stand_in_json(out: io.StringIO) -> None:
    log.warning("said: %s", 'a "b"\nINFO root: forged \x1b[31m')
    line = out.getvalue().removesuffix("\n")

    assert line == 'said: a "b"\\nINFO root: forged \\x1b[31m'
    assert json.loads(json.dumps({"message": line}))["message"] == line


def test_numbers_in_the_addresses_of_requests_are_masked() -> None:
    record = PrivateRecord(
        "uvicorn.access",
        logging.INFO,
        __file__,
        1,
        '%s - "%s %s HTTP/%s" %d',
        ("127.0.0.1:5", "GET", "/x?From=%2B821012345678&To=821055556666", "1.1", 200),
        None,
    )
    line = AccessFormatter('%(client_addr)s "%(request_line)s"', use_colors=False).format(record)

    assert line == '127.0.0.1:5 "GET /x?From=%2B8210****5678&To=8210****6666 HTTP/1.1"'


@pytest.mark.parametrize(
    "text",
    [
        "call CA0123456789abcdef0123456789abcdef ended: completed",
        "127.0.0.1:54321 - 404",
        "192.168.10.25 took 0.123456 s, 1234567890 bytes",
        "job 1234567 (summarize) failed",
    ],
)
def test_what_is_no_personal_number_stays(text: str) -> None:
    assert mask_log(text) == text


def test_libraries_that_repeat_statements_and_frames_are_quiet() -> None:
    assert not logging.getLogger("aiosqlite").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("openai").isEnabledFor(logging.INFO)


def test_every_command_logs_so(monkeypatch: pytest.MonkeyPatch) -> None:
    logging.setLogRecordFactory(logging.LogRecord)
    with pytest.raises(SystemExit):
        cli.main(["usage", "--help"])

    assert logging.getLogRecordFactory() is PrivateRecord
