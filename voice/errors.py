"""The base class of everything that can go wrong in the package `voice`."""


class VoiceError(Exception):
    """An error with a code for machines and a message for people.

    `retryable` says whether the same call may succeed later.
    """

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"
