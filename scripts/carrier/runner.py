"""Plays a scenario's caller over a simulated call, line by line."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from scripts.carrier.call import SimulatedCall
from scripts.carrier.errors import CarrierError
from scripts.carrier.scenario import Scenario, Turn
from scripts.carrier.voice import CallerVoice


def caller_voice(scenario: Scenario) -> CallerVoice:
    """The scenario's caller."""
    audio = scenario.audio
    return CallerVoice(
        voice=audio.voice,
        rate=audio.rate,
        pitch=audio.pitch,
        snr_db=audio.snr_db,
        seed=audio.seed,
    )


async def _at_once(_turn: Turn) -> None:
    """Nothing happens before a turn."""


class Caller:
    """Someone on the line, who speaks, presses keys and listens. `tell` gets a line each time.

    All methods raise CarrierError, with the code "call-ended" when the server has hung up.
    """

    def __init__(
        self, call: SimulatedCall, voice: CallerVoice, *, tell: Callable[[str], None]
    ) -> None:
        self._call = call
        self._voice = voice
        self._tell = tell

    async def play(
        self, turns: tuple[Turn, ...], *, before: Callable[[Turn], Awaitable[None]] = _at_once
    ) -> None:
        """Listen to the greeting, then do one turn after the other, `before` each of them."""
        coming = deque(turns)
        await self._hear_reply_to(None, coming[0] if coming else None)
        while coming:
            turn = coming.popleft()
            await before(turn)
            await self._do(turn)
            await self._hear_reply_to(turn, coming[0] if coming else None)

    async def say(self, text: str, *, spoken: str | None = None) -> None:
        """Speak a text of the written form, or `spoken` in its place."""
        audio = await asyncio.to_thread(self._voice.speak, text, spoken=spoken)
        self._tell_on_the_line(f"caller: {text}")
        await self._call.say(audio)

    async def press(self, digits: str) -> None:
        """Press keys."""
        self._tell_on_the_line(f"caller presses {digits}")
        await self._call.press(digits)

    async def listen(self) -> None:
        """Hear a reply to its end."""
        reply = await self._call.wait_for_reply()
        seconds = reply.duration_ms / 1000
        self._tell(f"agent answers after {reply.after_ms:.0f} ms, for {seconds:.1f} s")

    def _tell_on_the_line(self, line: str) -> None:
        if not self._call.streaming:
            raise CarrierError("call-ended", "the server has hung up")
        self._tell(line)

    async def _do(self, turn: Turn) -> None:
        if turn.say is not None:
            await self.say(turn.say, spoken=turn.spoken)
        elif turn.press is not None:
            await self.press(turn.press)
        elif turn.silence is not None:
            self._tell(f"caller is silent for {turn.silence:g} s")
            await asyncio.sleep(turn.silence)
        elif turn.during_reply is not None:
            await asyncio.sleep(turn.during_reply.after_ms / 1000)
            await self.say(turn.during_reply.say, spoken=turn.during_reply.spoken)

    async def _hear_reply_to(self, turn: Turn | None, following: Turn | None) -> None:
        """Hear the reply to its end, or to its beginning where the next turn interrupts it."""
        if following is not None and following.during_reply is not None:
            after_ms = await self._call.wait_for_reply_start()
            self._tell(f"agent answers after {after_ms:.0f} ms")
        elif turn is None or turn.say is not None or turn.press is not None:
            await self.listen()
        elif turn.during_reply is not None:
            await self._call.wait_for_quiet()
            runs = self._call.line.runs
            if runs and runs[-1].cleared:  # the agent stopped for us, and will answer
                await self.listen()
        else:
            await self._call.wait_for_quiet()  # silence may have no reply
