"""What listening costs: the processor's time of a call on a noisy line, without the services."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from time import process_time

from agent.actions import Action, Heard
from scripts.bench.serve import InstantEars, OneSentence, ToneVoice
from scripts.bench.turn_taking.house import TurnLog, new_recorder
from scripts.bench.turn_taking.line import Line
from scripts.bench.turn_taking.takes import TurnTake
from voice.call import Call
from voice.events import Stopped
from voice.services import CallLimits, CallServices
from voice.turns.patience import Patience
from voice.turns.vad import SileroVad

_TAKES = 20
_GAP_S = 1.5


class _Listener(OneSentence):
    """A Dialogue that never says anything."""

    async def greet(self) -> AsyncGenerator[Action, None]:
        """Nothing."""
        return
        yield

    async def hear(self, heard: Heard) -> AsyncGenerator[Action, None]:
        """Nothing."""
        return
        yield


async def cpu_percent_per_call(
    takes: Sequence[TurnTake], *, vad: SileroVad, patience: Patience, folder: Path
) -> float:
    """Percent of a core that a call takes while its caller speaks and is silent in turn.

    Recogniser, agent and voice are stand-ins that cost nothing; what the simulated carrier costs
    is measured without a call and taken off.
    """
    with_call_s, audio_s = await _listened(takes, vad=vad, patience=patience, folder=folder)
    without_s, _ = await _listened(takes, vad=None, patience=patience, folder=folder)
    return 100 * (with_call_s - without_s) / audio_s


async def _listened(
    takes: Sequence[TurnTake], *, vad: SileroVad | None, patience: Patience, folder: Path
) -> tuple[float, float]:
    """Seconds of processor time, and of audio."""
    loop = asyncio.get_running_loop()
    line = Line(takes[0].recording.idle)
    recorder = new_recorder(folder)
    began_s, began = process_time(), loop.time()
    running: asyncio.Task[object] | None = None
    call: Call | None = None
    if vad is not None:
        call = Call(
            call_sid="CA1",
            dialogue=_Listener(),
            services=CallServices(
                transcriber=InstantEars(),
                synthesizer=ToneVoice(),
                journal=TurnLog(),
                patience=patience,
                at_hand=lambda _: b"",
            ),
            limits=CallLimits(),
            vad=vad.stream(),
            recorder=recorder,
            send=line.send,
        )
        line.call = call
        running = asyncio.create_task(call.run())
    line.start()
    for take in takes[:_TAKES]:
        said_at = line.say(take.recording)
        end = said_at + take.recording.speech_s[1]
        await asyncio.sleep(end + _GAP_S - loop.time())
    cpu_s, audio_s = process_time() - began_s, loop.time() - began
    if call is not None and running is not None:
        call.receive(Stopped(reason="stop"))
        await running
        recorder.path.unlink(missing_ok=True)
    await line.stop()
    return cpu_s, audio_s
