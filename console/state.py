"""What the console's pages work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from console.auth import Authenticator
from console.listening import Hearings
from console.recordings import Player
from storage.audit import AuditLog
from storage.calls import CallStore
from storage.clear import RevealedCalls
from storage.recordings.rows import RecordingStore

if TYPE_CHECKING:
    from knowledge.cases import SimilarCase


class Similar(Protocol):
    """`knowledge.cases.SimilarCases.search`."""

    async def __call__(
        self, text: str, *, limit: int = 5, but: int | None = None
    ) -> Sequence[SimilarCase]:
        """The calls in which something similar was asked, nearest first, without `but`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Console:
    """One organization's console."""

    calls: CallStore
    revealed: RevealedCalls
    authenticator: Authenticator
    audit: AuditLog
    hearings: Hearings
    organization_name: str
    recordings: RecordingStore
    player: Player
    sample: bool
    """Whether a sample catalogue is loaded."""
    secure_cookies: bool
    clock: Callable[[], datetime]
    similar: Similar
    """Finds cases that resemble a question."""
    plan_names: Mapping[str, str]
    """What plans are called, by their ids."""

    @property
    def session_cookie(self) -> str:
        """Browsers take a cookie with this prefix from this very host and over HTTPS only."""
        return "__Host-yeoboseyo" if self.secure_cookies else "yeoboseyo"

    @property
    def form_cookie(self) -> str:
        """The cookie that the sign-in form's token must equal."""
        return f"{self.session_cookie}-form"
