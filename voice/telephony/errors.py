"""What can go wrong at the telephone edge."""

from __future__ import annotations

from voice.errors import VoiceError


class TelephonyError(VoiceError):
    """Base of the telephone edge's errors."""


class WireError(TelephonyError):
    """A frame of the carrier that is not what it should be.

    Codes: `bad-json`, `bad-base64`, `bad-field`, `missing-field`, `unknown-event`,
    `unsupported-format`; and those that end the connection at once, see `fatal`.
    """

    @property
    def fatal(self) -> bool:
        """True where the peer is no carrier and the socket must be closed."""
        return self.code in {"too-large", "binary-frame"}
