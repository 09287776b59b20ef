"""What an evaluation found: one `Trial` a scenario and seed, and the figures over all of them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from math import comb
from typing import Any

from scripts.carrier.checks import Check

SUMMARY_KS = (1, 4)
"""pass^k that every summary tells; None where there were fewer trials."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One turn of the caller, or the greeting, and the reply to it."""

    turn: int
    """0 is the greeting; the scenario's turns count from 1."""
    caller: str
    """What the scenario has the caller do, such as its words or `[keys 0]`."""
    heard: str
    """What the agent was told, in written form."""
    agent: str
    """What the agent meant to say, in written form."""
    played: str
    """What of it was heard; ends in … where it was cut."""
    tools: tuple[str, ...] = ()
    reply_ms: float | None = None
    """End of the caller's speech to the first audio of the reply; None without audio."""
    work_ms: dict[str, int] = field(default_factory=dict)
    """Milliseconds that the parts computed."""


@dataclass(frozen=True, kw_only=True)
class TurnCheck:
    """A check and the turn it belongs to; None is the call as a whole."""

    turn: int | None
    check: Check


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One scenario, played once."""

    scenario: str
    trial: int
    """From 1."""
    mode: str
    brain: str
    audio: dict[str, Any] | None
    """The caller's voice in this trial; None in text mode."""
    checks: tuple[TurnCheck, ...]
    transcript: tuple[Line, ...]
    outcome: str | None
    handoff_reason: str | None
    verification: str | None
    summary: str
    cer: float | None
    """Share of the caller's characters that were misheard; None without audio."""
    seconds: float
    """Real time that it took."""
    error: str = ""
    """What kept the scenario from being played at all."""

    @property
    def failures(self) -> list[str]:
        """Every reason why it did not pass."""
        wrong = [f"{_place(c.turn)}: {c.check.reason}" for c in self.checks if not c.check.passed]
        return [self.error, *wrong] if self.error else wrong

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.failures

    def to_json(self) -> dict[str, Any]:
        """The trial as the JSON file has it."""
        found = asdict(self)
        found["checks"] = [{"turn": c.turn, **asdict(c.check)} for c in self.checks]
        head = {name: found.pop(name) for name in ("scenario", "trial", "mode", "brain")}
        return {**head, "passed": self.passed, "failures": self.failures, **found}


def pass_hat(successes: Sequence[int], trials: int, k: int) -> float | None:
    """pass^k: how likely k trials of a scenario all pass, on average; None for k above trials."""
    if k > trials or not successes:
        return None
    return sum(comb(passed, k) / comb(trials, k) for passed in successes) / len(successes)


def successes(trials: Iterable[Trial]) -> dict[str, int]:
    """How many trials of each scenario passed."""
    counts: dict[str, int] = {}
    for trial in trials:
        counts[trial.scenario] = counts.get(trial.scenario, 0) + trial.passed
    return counts


def summary(trials: Sequence[Trial], *, count: int) -> dict[str, Any]:
    """The last object of the JSON file; `count` trials a scenario."""
    passed = list(successes(trials).values())
    ks = sorted({*range(1, count + 1), *SUMMARY_KS})
    latencies = sorted(
        line.reply_ms for trial in trials for line in trial.transcript if line.reply_ms is not None
    )
    return {
        "summary": True,
        "scenarios": len(passed),
        "trials": count,
        **{f"pass_{k}": _rounded(pass_hat(passed, count, k)) for k in ks},
        "failed_trials": sum(not trial.passed for trial in trials),
        "reply_ms_p50": _quantile(latencies, 0.5),
        "reply_ms_p95": _quantile(latencies, 0.95),
        "cer": _mean([trial.cer for trial in trials if trial.cer is not None]),
    }


def _place(turn: int | None) -> str:
    return "call" if turn is None else f"turn {turn}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """The value that `share` of them do not exceed."""
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)
