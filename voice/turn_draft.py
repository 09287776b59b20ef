"""One turn while it happens; becomes the record that storage keeps."""

import asyncio
from dataclasses import dataclass, field

from agent.actions import EndCall, HandOff, Say, Used
from storage.records import ToolCall, Turn
from voice.stt.transcriber import Transcript


@dataclass(slots=True, kw_only=True)
class TurnDraft:
    """Collects what was heard, meant, said and measured; times are the loop's, in seconds."""

    input_kind: str
    """`none`, `speech`, `keys` or `silence`."""
    audio: bytes = b""
    """The caller's utterance, µ-law, for speech."""
    voiced_ms: int = 0
    recognition: asyncio.Task[Transcript] | None = None
    speech_ended_at: float | None = None
    heard_started_ms: int | None = None
    """Stream time, as the end."""
    heard_ended_ms: int | None = None
    heard: str = ""
    sentences: list[str] = field(default_factory=list)
    fact_ids: list[str] = field(default_factory=list)
    grounding: list[str] = field(default_factory=list)
    tools: list[ToolCall] = field(default_factory=list)
    ending: HandOff | EndCall | None = None
    stt_ms: int | None = None
    agent_ms: int | None = None
    first_audio_at: float | None = None
    interrupted: bool = False
    over: bool = False
    """True when the reply has been played or cut, and the turn is being committed."""
    discarded: bool = False
    """True where the caller went on speaking before the reply began: no turn of its own."""

    def add(self, action: Say | Used | HandOff | EndCall) -> None:
        """Notes one action of the agent."""
        match action:
            case Say():
                self.sentences.append(action.text)
                self.fact_ids += [fact for fact in action.fact_ids if fact not in self.fact_ids]
                self.grounding.append(action.grounding)
            case Used():
                self.tools.append(action.call)
            case HandOff() | EndCall():
                self.ending = action

    @property
    def intended(self) -> str:
        """All that the agent meant to say so far."""
        return " ".join(self.sentences)

    def record(
        self, *, index: int, said: str, stream_zero: float, stream_began_ms: int, now: float
    ) -> Turn:
        """The turn as it is kept.

        `stream_zero` is the loop time at which the stream began, and `stream_began_ms` how long
        the recording was then.
        """

        def recorded_ms(at: float) -> int:
            return stream_began_ms + round((at - stream_zero) * 1000)

        first_audio_ms = None
        said_started_ms = None
        if self.first_audio_at is not None:
            said_started_ms = recorded_ms(self.first_audio_at)
            if self.speech_ended_at is not None:
                first_audio_ms = round((self.first_audio_at - self.speech_ended_at) * 1000)
        return Turn(
            index=index,
            heard=self.heard,
            input_kind=self.input_kind,
            heard_started_ms=_later(self.heard_started_ms, stream_began_ms),
            heard_ended_ms=_later(self.heard_ended_ms, stream_began_ms),
            intended=self.intended,
            said=said,
            said_started_ms=said_started_ms,
            said_ended_ms=None if said_started_ms is None else recorded_ms(now),
            interrupted=self.interrupted,
            first_audio_ms=first_audio_ms,
            stt_ms=self.stt_ms,
            agent_ms=self.agent_ms,
            fact_ids=tuple(self.fact_ids),
            tools=tuple(self.tools),
            grounding=tuple(self.grounding),
        )


def _later(stream_ms: int | None, stream_began_ms: int) -> int | None:
    return None if stream_ms is None else stream_began_ms + stream_ms
