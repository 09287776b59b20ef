"""A carrier in memory on the loop's clock: frames as a network brings them, playback, echo."""

import asyncio
from collections import deque
from dataclasses import dataclass

import numpy as np

from scripts.bench.turn_taking.arrival import FRAME_MS, Arrivals
from scripts.bench.turn_taking.rendering import FRAME_BYTES, LINE_HZ, Recording
from voice.audio import mulaw
from voice.audio.resample import Floats, to_float, to_int16
from voice.call import Call
from voice.events import CarrierCommand, ClearAudio, MarkReached, Media, PlaceMark, PlayAudio

_FRAME_S = FRAME_MS / 1000
_ECHO_FILTER = np.array([-0.05, 0.1, 0.25, 0.4, 0.25, 0.1, -0.05], dtype=np.float32)
"""A handset's way from its loudspeaker to its microphone: the highest tones are lost."""


@dataclass(frozen=True)
class Echo:
    """How the caller's telephone gives back what it plays."""

    attenuation_db: float
    """Level against what is played; negative."""
    delay_s: float


class Playback:
    """What the caller's telephone plays: shape (n,) at 8 kHz, by loop time since `begin`."""

    def __init__(self, begin: float) -> None:
        self._begin = begin
        self._samples = np.zeros(LINE_HZ * 60, np.float32)
        self.until = begin
        """Loop time at which what was sent so far has been played."""

    def play(self, audio: bytes, now: float) -> None:
        """Puts µ-law behind what is waiting to be played."""
        start = max(self.until, now)
        at = round((start - self._begin) * LINE_HZ)
        short = at + len(audio) - len(self._samples)
        if short > 0:
            self._samples = np.pad(self._samples, (0, short + LINE_HZ * 60))
        self._samples[at : at + len(audio)] = to_float(mulaw.decode(audio))
        self.until = start + len(audio) / LINE_HZ

    def clear(self, now: float) -> None:
        """Drops what has not been played."""
        from_, to = (round((at - self._begin) * LINE_HZ) for at in (now, self.until))
        self._samples[from_ : max(from_, to)] = 0
        self.until = now

    def heard(self, end: float, samples: int) -> Floats:
        """The last `samples` samples before loop time `end`."""
        stop = round((end - self._begin) * LINE_HZ)
        part = self._samples[max(0, stop - samples) : max(0, stop)]
        return np.pad(part, (samples - len(part), 0))


class Line:
    """The carrier's side of one stream, from its start to `stop`."""

    def __init__(self, idle: bytes, echo: Echo | None = None) -> None:
        """`idle` is what the caller's line sends while nothing is said, over and over."""
        self._loop = asyncio.get_running_loop()
        self._begin = self._loop.time()
        self._idle = idle
        self._echo = echo
        self._playback = Playback(self._begin)
        self._marks: dict[str, asyncio.TimerHandle] = {}
        self._frames: deque[Media] = deque()
        self._last_arrival = 0.0
        self._count = 0
        self._said: Recording | None = None
        self._said_from = 0
        self._feeder: asyncio.Task[None] | None = None
        self.call: Call | None = None
        self.sent: list[tuple[float, CarrierCommand]] = []
        """Loop time and command, in order."""

    def send(self, command: CarrierCommand) -> None:
        """What the carrier does with a command."""
        now = self._loop.time()
        self.sent.append((now, command))
        match command:
            case PlayAudio():
                self._playback.play(command.payload, now)
            case PlaceMark():
                at = max(now, self._playback.until)
                self._marks[command.name] = self._loop.call_at(at, self._reach, command.name)
            case ClearAudio():
                self._playback.clear(now)
                for name, handle in list(self._marks.items()):
                    handle.cancel()
                    self._reach(name)

    def _reach(self, name: str) -> None:
        self._marks.pop(name, None)
        if self.call is not None:
            self.call.receive(MarkReached(name=name))

    def start(self) -> None:
        """Begins to send what the caller's line carries."""
        self._feeder = self._loop.create_task(self._feed())

    async def stop(self) -> None:
        """Sends no more."""
        self.call = None
        if self._feeder is not None:
            self._feeder.cancel()
            await asyncio.wait({self._feeder})

    def say(self, recording: Recording) -> float:
        """Speaks, from the frame that is being filled on; gives the loop time of its beginning."""
        self._said, self._said_from = recording, self._count
        return self._begin + self._count * _FRAME_S

    async def _feed(self) -> None:
        while True:
            now = self._loop.time()
            await asyncio.sleep(self._begin + (self._count + 1) * _FRAME_S - now)
            self._send_frame()
            self._count += 1

    def _send_frame(self) -> None:
        payload, arrivals, index = self._idle_frame(), None, 0
        if self._said is not None:
            index = self._count - self._said_from
            arrivals = self._said.arrivals
            payload = self._said.audio[index * FRAME_BYTES :][:FRAME_BYTES]
            if index + 1 == len(arrivals.at_ms):
                self._said = None
        media = Media(
            payload=self._with_echo(payload),
            timestamp_ms=self._count * FRAME_MS,
            sequence=self._count,
        )
        late_s = 0.0 if arrivals is None else arrivals.at_ms[index] / 1000 - (index + 1) * _FRAME_S
        times = 1 if arrivals is None else _times(arrivals, index)
        self._last_arrival = max(self._last_arrival, self._loop.time() + late_s)
        for _ in range(times):
            self._frames.append(media)
            self._loop.call_at(self._last_arrival, self._deliver)

    def _deliver(self) -> None:
        media = self._frames.popleft()  # The loop keeps no order among equal times.
        if self.call is not None:
            self.call.receive(media)

    def _idle_frame(self) -> bytes:
        at = self._count * FRAME_BYTES % len(self._idle)
        return self._idle[at : at + FRAME_BYTES]

    def _with_echo(self, payload: bytes) -> bytes:
        if self._echo is None:
            return payload
        size = FRAME_BYTES + len(_ECHO_FILTER) - 1
        played = self._playback.heard(self._loop.time() - self._echo.delay_s, size)
        gain = np.float32(10 ** (self._echo.attenuation_db / 20))
        echoed = np.convolve(played, _ECHO_FILTER, "valid") * gain
        return mulaw.encode(to_int16(to_float(mulaw.decode(payload)) + echoed))


def _times(arrivals: Arrivals, index: int) -> int:
    if index in arrivals.lost:
        return 0
    return 2 if index in arrivals.doubled else 1
