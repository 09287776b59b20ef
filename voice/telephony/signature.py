"""Twilio's signatures over webhooks and stream upgrades, by its own SDK.

Both are an HMAC over the public URL, and the URL is always built from the configured public
origin: forwarded headers come from whoever asks. The traps of the SDK that are met here:

- a stream's signature is over `wss://host/path`, with no parameters; neither its https form nor
  a slash at its end verifies;
- a parameter that came twice is signed with each of its values, so the form stays a multi-dict;
- a text body raises TypeError, and so does a missing signature;
- an empty token signs too, so it must be refused before anything is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit, urlunsplit

from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator

HEADER = "X-Twilio-Signature"

Form = ImmutableMultiDict[str, str]
"""The fields of a form post: blank, unknown and repeated ones included."""


def form(pairs: Iterable[tuple[str, str]] | Mapping[str, str]) -> Form:
    """A form of name and value pairs."""
    return ImmutableMultiDict(list(pairs.items() if isinstance(pairs, Mapping) else pairs))


def stream_origin(public_url: str) -> str:
    """The WebSocket form of the public origin: wss for https, ws for http."""
    scheme, *rest = urlsplit(public_url)
    return urlunsplit(({"https": "wss", "http": "ws"}[scheme], *rest))


class Signatures:
    """Checks and makes the signatures of one account's token.

    `public_url` is the origin under which the carrier reaches the server, such as
    https://voice.example.com. Without a token nothing is valid.
    """

    def __init__(self, *, auth_token: str, public_url: str) -> None:
        self._validator = RequestValidator(auth_token) if auth_token else None
        self._origin = public_url.rstrip("/")

    def webhook_valid(self, path: str, fields: Form, signature: str | None) -> bool:
        """True if a form post to `path`, its query included, was signed by the carrier."""
        return self._valid(self._origin + path, fields, signature)

    def stream_valid(self, path: str, signature: str | None) -> bool:
        """True if the upgrade of a WebSocket at `path` was signed by the carrier."""
        return self._valid(stream_origin(self._origin) + path, form(()), signature)

    def sign_webhook(self, path: str, fields: Form) -> str:
        """What the carrier would send in the header with this form post."""
        return self._sign(self._origin + path, fields)

    def sign_stream(self, path: str) -> str:
        """What the carrier would send in the header of this stream's upgrade."""
        return self._sign(stream_origin(self._origin) + path, form(()))

    def _valid(self, url: str, fields: Form, signature: str | None) -> bool:
        if self._validator is None or not signature:
            return False
        return bool(self._validator.validate(url, fields, signature))

    def _sign(self, url: str, fields: Form) -> str:
        if self._validator is None:
            return ""
        return str(self._validator.compute_signature(url, fields))
