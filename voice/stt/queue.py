"""The queue before the recogniser: bounded, finals first, and it refuses what would come too late.

Everything here runs in the event loop's thread, and time is the loop's.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np

from voice.stt.transcriber import Effort, Transcript, TranscriptionError

MOST_WAITING = 128
"""Requests that wait at most; each holds the audio of one utterance, up to 160 kB."""

PARTIAL_WAIT_S = 0.3
"""A partial that must wait longer is refused: the next one, half a second later, replaces it."""

_RECENT = 100
_LEARNING = 0.2
_OVERLOAD_SHOWN_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecogniserGauge:
    """The state of the recogniser, for whoever watches the server."""

    waiting: int
    """Requests that have not begun."""
    wait_ms: float
    """How long the last hundred waited before they began: the 95th percentile."""
    overloaded: bool
    """Whether partials are refused now, or anything was refused in the last ten seconds."""
    finals: int
    """Finals recognised."""
    partials: int
    """Partials recognised."""
    dropped_partials: int
    """Partials refused, or dropped while they waited."""
    refused: int
    """Finals refused because the queue was full."""
    failed: int
    """Requests that ended in an error of the recogniser."""
    rejected: Mapping[str, int]
    """Finals whose text the defence emptied, by `voice.stt.rejection.Stage`."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Request:
    audio: bytes
    effort: Effort
    asked_at: float
    done: asyncio.Future[Transcript]
    began_at: float = 0.0


class RecognitionQueue:
    """Hands requests to a few workers. Finals go before partials, each in the order they came."""

    def __init__(
        self,
        work: Callable[[bytes, Effort], Awaitable[Transcript]],
        *,
        workers: int,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """`work` recognises one utterance; at most `workers` of it are under way at once."""
        self._work = work
        self._workers = workers
        self._most_waiting = most_waiting
        self._finals: deque[_Request] = deque()
        self._partials: deque[_Request] = deque()
        self._running: dict[_Request, asyncio.Task[None]] = {}
        self._seconds = dict.fromkeys(Effort, 0.0)
        self._waits_s: deque[float] = deque(maxlen=_RECENT)
        self._closed = False
        self._refused_at: float | None = None
        self._recognised: Counter[Effort] = Counter()
        self._turned_away: Counter[Effort] = Counter()
        self._rejected: Counter[str] = Counter()
        self._failed = 0

    async def transcribe(self, audio: bytes, effort: Effort) -> Transcript:
        """See Transcriber."""
        if self._closed:
            raise TranscriptionError("stt-closed", "The recogniser is closed.")
        loop = asyncio.get_running_loop()
        request = _Request(
            audio=audio, effort=effort, asked_at=loop.time(), done=loop.create_future()
        )
        if effort is Effort.FINAL:
            self._admit_final(request)
        else:
            self._admit_partial(request)
        self._begin_next()
        try:
            return await request.done
        finally:
            self._withdraw(request)

    async def close(self) -> None:
        """Takes nothing more, and waits for what was accepted."""
        self._closed = True
        while tasks := list(self._running.values()):
            await asyncio.wait(tasks)

    def gauge(self, now: float) -> RecogniserGauge:
        """The state at the loop's time `now`."""
        shown = self._refused_at is not None and now - self._refused_at < _OVERLOAD_SHOWN_S
        waits = self._waits_s
        return RecogniserGauge(
            waiting=len(self._finals) + len(self._partials),
            wait_ms=round(float(np.percentile(waits, 95)) * 1000, 1) if waits else 0.0,
            overloaded=shown or self._wait_of_partial(now, self._partials) > PARTIAL_WAIT_S,
            finals=self._recognised[Effort.FINAL],
            partials=self._recognised[Effort.PARTIAL],
            dropped_partials=self._turned_away[Effort.PARTIAL],
            refused=self._turned_away[Effort.FINAL],
            failed=self._failed,
            rejected=dict(self._rejected),
        )

    # Admission

    def _admit_final(self, request: _Request) -> None:
        if self._is_full and self._partials:
            self._drop(self._partials.pop(), request.asked_at)
        if self._is_full:
            raise self._refusal(request.effort, request.asked_at)
        self._finals.append(request)
        while self._partials:
            *before, last = self._partials
            if self._wait_of_partial(request.asked_at, before) <= PARTIAL_WAIT_S:
                break
            self._partials.pop()
            self._drop(last, request.asked_at)

    def _admit_partial(self, request: _Request) -> None:
        wait_s = self._wait_of_partial(request.asked_at, self._partials)
        if self._is_full or wait_s > PARTIAL_WAIT_S:
            raise self._refusal(request.effort, request.asked_at)
        self._partials.append(request)

    @property
    def _is_full(self) -> bool:
        return len(self._finals) + len(self._partials) >= self._most_waiting

    def _wait_of_partial(self, now: float, before: "deque[_Request] | list[_Request]") -> float:
        """The seconds that a partial would wait behind the partials `before` and all finals."""
        if len(self._running) < self._workers:
            return 0.0
        under_way = sum(
            max(0.0, self._seconds[one.effort] - (now - one.began_at)) for one in self._running
        )
        ahead = sum(self._seconds[one.effort] for one in chain(self._finals, before))
        return (under_way + ahead) / self._workers

    def _drop(self, request: _Request, now: float) -> None:
        if not request.done.done():
            request.done.set_exception(self._refusal(request.effort, now))

    def _refusal(self, effort: Effort, now: float) -> TranscriptionError:
        self._turned_away[effort] += 1
        self._refused_at = now
        message = (
            f"The recogniser is overloaded: {len(self._finals)} finals and "
            f"{len(self._partials)} partials wait."
        )
        return TranscriptionError("stt-overloaded", message, retryable=True)

    def _withdraw(self, request: _Request) -> None:
        queue = self._finals if request.effort is Effort.FINAL else self._partials
        if request in queue:
            queue.remove(request)

    # Work

    def _begin_next(self) -> None:
        loop = asyncio.get_running_loop()
        while len(self._running) < self._workers:
            queue = self._finals or self._partials
            if not queue:
                return
            request = queue.popleft()
            if request.done.done():
                continue  # Cancelled a moment ago.
            now = loop.time()
            waited_s = now - request.asked_at
            if request.effort is Effort.PARTIAL and waited_s > PARTIAL_WAIT_S:
                self._drop(request, now)
                continue
            self._waits_s.append(waited_s)
            request.began_at = now
            self._running[request] = loop.create_task(self._run(request))

    async def _run(self, request: _Request) -> None:
        """Recognises; the worker is free again only when that has really ended."""
        loop = asyncio.get_running_loop()
        try:
            transcript = await self._work(request.audio, request.effort)
        except asyncio.CancelledError:
            # The event loop ends.
            request.done.cancel()
            raise
        except Exception as error:
            self._failed += 1
            if not request.done.done():
                request.done.set_exception(error)
        else:
            self._count(transcript, request.effort, loop.time() - request.began_at)
            if not request.done.done():
                request.done.set_result(transcript)
        finally:
            del self._running[request]
        self._begin_next()

    def _count(self, transcript: Transcript, effort: Effort, seconds: float) -> None:
        first = self._recognised[effort] == 0
        self._recognised[effort] += 1
        self._seconds[effort] += (1.0 if first else _LEARNING) * (seconds - self._seconds[effort])
        if transcript.rejected and effort is Effort.FINAL:
            self._rejected[transcript.rejected] += 1
