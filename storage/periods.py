"""For how long each kind of data is kept; a setting, so it knows no database."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

AUDIT_DAYS = 731
"""Two years and a leap day: the audit log is never kept for less."""

Days = Annotated[int, Field(ge=1, le=36_500)]


class Periods(BaseModel):
    """How many days each kind of data is kept, for one organization."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recordings: Days = 90
    clear_text: Days = 180
    """What was said word for word, and who phoned; the masked text stays for its own period."""
    turns: Days = 365
    summaries: Days = 1095
    callbacks: Days = 365
    changes: Days = 1825
    calls: Days = 1095
    usage: Days = 1095
    jobs: Days = 30
    audit: Annotated[int, Field(ge=AUDIT_DAYS, le=36_500)] = 1095

    @model_validator(mode="after")
    def _nothing_outlives_its_call(self) -> Self:
        for kind in ("recordings", "clear_text", "turns", "summaries", "callbacks"):
            if getattr(self, kind) > self.calls:
                raise ValueError(f"{kind} cannot be kept longer than calls ({self.calls} days)")
        if self.clear_text > self.turns:
            raise ValueError(f"clear_text cannot be kept longer than turns ({self.turns} days)")
        return self
