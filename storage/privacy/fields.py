"""What logs and telemetry tell, each classified; a test finds all of it and holds it to this.

Safe is what says nothing of a person: counts, codes, our own ids. What may be personal is named
too, and has to pass `mask` where it is logged. Logs are masked once more as a whole (`logs.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

LOGGED: Mapping[str, frozenset[str]] = {
    module: frozenset(values)
    for module, values in {
        "app.py": ["error", "sealed"],
        "agent/brain/openai.py": ["error.code"],
        "agent/conversation.py": ["error.code"],
        "agent/guard.py": ["error.code"],
        "agent/model/accounts.py": [
            "batch[0].call_sid",
            "error.code",
            "meter.call_sid",
            "reached",
            "self._lost",
        ],
        "agent/model/parameters.py": ["name"],
        "agent/model/service.py": ["error.code", "state"],
        "agent/summary/__init__.py": ["error.code"],
        "agent/tools/toolbox.py": ["error.code", "name"],
        "console/similar.py": ["error.code"],
        "knowledge/cases.py": ["added", "error", "removed"],
        "knowledge/live.py": ["error", "self.current.version", "version"],
        "knowledge/search.py": ["error"],
        "scripts/evaluate/play.py": ["scenario.id"],
        "scripts/evaluate/text.py": ["self._scenario.id"],
        "storage/journal.py": ["found.end", "path.name"],
        "storage/ledger.py": ["delay_s", "error", "waiting", "what"],
        "storage/orphans.py": ["call_sid", "closed", "error"],
        "storage/patience.py": ["error"],
        "storage/retention.py": ["dict(retained.left)"],
        "storage/rotation.py": ["error", "what", "which"],
        "storage/outbox.py": ["error", "job.id", "job.kind", "row.id", "row.kind"],
        "storage/recordings/finishing.py": [
            "duration_ms",
            "recording.call_sid",
            "recording.duration_ms",
        ],
        "stores.py": ["path"],
        "voice/audio/recording.py": ["self._file.path.name"],
        "voice/call.py": ["self._call_sid", "turn.index"],
        "voice/switchboard.py": ["line.call_sid"],
        "voice/telephony/session.py": [
            "code",
            "error",
            "line.call_sid",
            "message",
            "reason",
            "refusal.reason",
            "result.outcome",
            "self._sid()",
        ],
        "voice/telephony/webhooks.py": [
            "'a wrong' if given else 'no'",
            "call_sid",
            "what",
            "why",
        ],
        "voice/tts/fallback.py": ["error.code", "said_s", "self.breaker.state(now)", "self.name"],
        "voice/tts/store.py": ["error", "key"],
        "voices.py": ["error.code"],
    }.items()
}
"""Safe values by module. `error` is one of our own coded errors, whose words we write, or one of
the system's about a file or socket."""

PERSONAL: Mapping[str, frozenset[str]] = {
    "agent/brain/openai.py": frozenset({"error.message"}),
    "agent/guard.py": frozenset({"', '.join(again.missing)", "', '.join(found.missing)"}),
    "agent/model/service.py": frozenset({"str(error)"}),
    "storage/outbox.py": frozenset({"f'{type(error).__name__}: {error}'", "error"}),
    "voice/telephony/webhooks.py": frozenset({"fields.get('StreamError', '')"}),
}
"""What may hold words of callers, by module: a model's server quotes what it was sent, a sentence
may name somebody, a job fails with anything. Logged and stored behind a masking function only."""

TELEMETRY: Mapping[str, frozenset[str]] = {
    "/livez, /readyz": frozenset(
        {
            "code",
            "jobs",
            "journal",
            "live_calls",
            "model",
            "playout",
            "recogniser",
            "status",
            "voice_cache",
            "voices",
        }
    ),
    "CacheFigures": frozenset({"damaged", "failures", "hits", "misses"}),
    "DayUsage": frozenset(
        {"answers", "calls", "cost_micros", "day", "model", "tokens_read", "tokens_written"}
    ),
    "Figures": frozenset(
        {
            "acknowledged_turns",
            "broken_recordings",
            "calls_without_summary",
            "duplicate_summaries",
            "duplicate_turns",
            "kills",
            "lost_turns",
        }
    ),
    "JournalGauge": frozenset({"dead", "oldest_s", "waiting"}),
    "ModelGauge": frozenset(
        {"answers", "cost_today", "failures", "model", "state", "tokens_today", "unwritten"}
    ),
    "OutboxGauge": frozenset({"dead", "overdue_s", "pending"}),
    "PlayoutCounters": frozenset({"given_up_marks", "late_chunks"}),
    "RecogniserGauge": frozenset(
        {
            "dropped_partials",
            "failed",
            "finals",
            "overloaded",
            "partials",
            "refused",
            "rejected",
            "wait_ms",
            "waiting",
        }
    ),
    "StreamCounters": frozenset({"bad_frames", "early_frames", "refused"}),
    "VoiceGauge": frozenset({"failures", "name", "passed_over", "sentences", "state"}),
}
"""Keys of what the server tells of itself, of the gauges in it and of `usage --json`: all safe,
for they are counts, codes, days and the names of parts. Personal ones there may not be."""
