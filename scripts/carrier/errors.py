"""What can go wrong while a simulated carrier phones a server."""

from __future__ import annotations


class CarrierError(Exception):
    """The call cannot go on; `code` is for machines, `message` for people.

    Codes: `unreachable`, `forbidden`, `bad-answer`, `stream-refused`, `call-ended`, `no-reply`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class RefusedError(CarrierError):
    """The server sent what Twilio would end the stream for; `number` is Twilio's error."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__("stream-refused", f"{number}: {message}")
        self.number = number
