"""The recogniser's queue on the virtual clock: order, admission, cancelling, closing, figures."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.virtual_time import run_virtual
from voice.stt.queue import PARTIAL_WAIT_S, RecogniserGauge, RecognitionQueue
from voice.stt.transcriber import Effort, Transcript, TranscriptionError

FINAL, PARTIAL = Effort.FINAL, Effort.PARTIAL
WORK_S = 0.1


def _transcript(text: str, *, rejected: str = "") -> Transcript:
    return Transcript(
        text=text, avg_logprob=0, no_speech_prob=0, audio_s=1, elapsed_s=0, rejected=rejected
    )


class Bench:
    """A queue whose work takes `work_s` and is written down; every audio is its own text."""

    def __init__(
        self, *, workers: int = 1, most_waiting: int = 128, work_s: float = WORK_S
    ) -> None:
        self.begun: list[str] = []
        self.most_at_once = 0
        self.work_s = work_s
        self._at_once = 0
        self.queue = RecognitionQueue(self._work, workers=workers, most_waiting=most_waiting)

    async def _work(self, audio: bytes, effort: Effort) -> Transcript:
        del effort
        text = audio.decode()
        self.begun.append(text)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        await asyncio.sleep(self.work_s)
        self._at_once -= 1
        if text == "broken":
            raise TranscriptionError("stt-failed", "broken", retryable=True)
        return _transcript("" if text == "noise" else text, rejected="quiet" * (text == "noise"))

    def ask(self, text: str, effort: Effort = FINAL) -> asyncio.Task[Transcript]:
        """A caller who waits for it."""
        return asyncio.create_task(self.queue.transcribe(text.encode(), effort))

    async def learn(self) -> None:
        """One request of each kind, so that their cost is known."""
        for effort in Effort:
            await self.ask("known", effort)
        self.begun.clear()

    @property
    def gauge(self) -> RecogniserGauge:
        """Now."""
        return self.queue.gauge(asyncio.get_running_loop().time())


async def _refused(task: asyncio.Task[Transcript]) -> None:
    with pytest.raises(TranscriptionError) as caught:
        await task
    assert caught.value.code == "stt-overloaded"
    assert caught.value.retryable


Scene = Callable[[], Awaitable[None]]


def _plays(scene: Scene) -> Callable[[], None]:
    """A test that plays `scene` on the virtual clock."""

    def test() -> None:
        async def main() -> None:
            await scene()

        run_virtual(main())

    return test


@_plays
async def test_finals_go_before_partials_and_each_in_their_order() -> None:
    bench = Bench(work_s=0.05)
    tasks = [bench.ask("a"), bench.ask("p", PARTIAL), bench.ask("q", PARTIAL)]
    tasks += [bench.ask("b"), bench.ask("c")]
    assert [one.text for one in await asyncio.gather(*tasks)] == ["a", "p", "q", "b", "c"]
    assert bench.begun == ["a", "b", "c", "p", "q"]
    assert bench.most_at_once == 1


@_plays
async def test_as_many_run_at_once_as_there_are_workers() -> None:
    bench = Bench(workers=3)
    await asyncio.gather(*(bench.ask(str(number)) for number in range(9)))
    assert bench.most_at_once == 3
    assert asyncio.get_running_loop().time() == pytest.approx(3 * WORK_S)


@_plays
async def test_a_partial_that_would_come_too_late_is_refused_and_a_final_is_not() -> None:
    bench = Bench()
    await bench.learn()
    finals = [bench.ask(str(number)) for number in range(5)]
    await asyncio.sleep(0)
    assert bench.gauge.overloaded
    await _refused(bench.ask("late", PARTIAL))
    more = bench.ask("one more")
    await asyncio.gather(*finals, more)
    assert "late" not in bench.begun
    assert bench.gauge.dropped_partials == 1
    assert bench.gauge.refused == 0


@_plays
async def test_partials_are_let_in_while_the_wait_is_short() -> None:
    bench = Bench()
    await bench.learn()
    tasks = [bench.ask("a"), bench.ask("b"), bench.ask("p", PARTIAL)]
    await asyncio.gather(*tasks)
    assert bench.gauge.dropped_partials == 0
    assert not bench.gauge.overloaded


@_plays
async def test_finals_push_out_the_partials_that_they_would_delay_too_long() -> None:
    bench = Bench(work_s=0.08)
    await bench.learn()
    first = bench.ask("a")
    early, late = bench.ask("early", PARTIAL), bench.ask("late", PARTIAL)
    await asyncio.sleep(0)
    finals = [bench.ask("b")]
    await asyncio.sleep(0)
    assert bench.gauge.waiting == 3
    finals.append(bench.ask("c"))
    await _refused(late)
    await asyncio.gather(first, early, *finals)
    assert bench.begun == ["a", "b", "c", "early"]
    assert bench.gauge.dropped_partials == 1


@_plays
async def test_a_partial_that_has_waited_too_long_is_dropped_whatever_was_expected() -> None:
    bench = Bench(work_s=PARTIAL_WAIT_S + 0.1)
    final, partial = bench.ask("a"), bench.ask("p", PARTIAL)
    await _refused(partial)
    await final
    assert bench.begun == ["a"]


@_plays
async def test_finals_are_refused_only_when_the_queue_is_full_of_finals() -> None:
    bench = Bench(most_waiting=2)
    running, partial, final = bench.ask("a"), bench.ask("p", PARTIAL), bench.ask("b")
    await asyncio.sleep(0)
    second = bench.ask("c")
    await _refused(partial)
    await _refused(bench.ask("d"))
    await _refused(bench.ask("q", PARTIAL))
    await asyncio.gather(running, final, second)
    assert bench.begun == ["a", "b", "c"]
    gauge = bench.gauge
    assert (gauge.refused, gauge.dropped_partials) == (1, 2)


@_plays
async def test_overload_is_shown_for_a_while_after_it_is_over() -> None:
    bench = Bench(most_waiting=1)
    tasks = [bench.ask("a"), bench.ask("b")]
    await asyncio.sleep(0)
    await _refused(bench.ask("c"))
    await asyncio.gather(*tasks)
    await asyncio.sleep(5)
    assert bench.gauge.overloaded
    await asyncio.sleep(6)
    assert not bench.gauge.overloaded


@_plays
async def test_cancelling_takes_a_waiting_request_out_and_lets_a_running_one_end() -> None:
    bench = Bench()
    running, waiting, last = bench.ask("a"), bench.ask("b"), bench.ask("c")
    await asyncio.sleep(WORK_S / 2)
    waiting.cancel()
    running.cancel()
    await asyncio.wait({running, waiting})
    assert bench.gauge.waiting == 1
    await last
    assert bench.begun == ["a", "c"]
    assert bench.most_at_once == 1
    assert asyncio.get_running_loop().time() == pytest.approx(2 * WORK_S)


@_plays
async def test_what_is_cancelled_before_it_waited_leaves_no_trace() -> None:
    bench = Bench()
    running, waiting = bench.ask("a"), bench.ask("b")
    await asyncio.sleep(0)
    waiting.cancel()
    await running
    assert bench.begun == ["a"]
    assert bench.gauge.waiting == 0


@_plays
async def test_an_error_reaches_who_asked_and_the_next_is_served() -> None:
    bench = Bench()
    broken, after = bench.ask("broken"), bench.ask("a")
    with pytest.raises(TranscriptionError, match="broken"):
        await broken
    assert (await after).text == "a"
    assert (bench.gauge.failed, bench.gauge.finals) == (1, 1)


@_plays
async def test_closing_finishes_what_was_accepted_and_takes_nothing_more() -> None:
    bench = Bench()
    tasks = [bench.ask("a"), bench.ask("b"), bench.ask("p", PARTIAL)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(bench.queue.close())
    await asyncio.sleep(0)
    with pytest.raises(TranscriptionError) as caught:
        await bench.ask("c")
    assert caught.value.code == "stt-closed"
    await closing
    assert [task.result().text for task in tasks] == ["a", "b", "p"]


@_plays
async def test_the_gauge_counts_what_happened() -> None:
    bench = Bench()
    assert bench.gauge.wait_ms == 0
    await asyncio.gather(bench.ask("a"), bench.ask("noise"), bench.ask("p", PARTIAL))
    await bench.ask("noise", PARTIAL)
    gauge = bench.gauge
    assert (gauge.finals, gauge.partials, gauge.waiting) == (2, 2, 0)
    assert gauge.rejected == {"quiet": 1}
    assert WORK_S * 1000 < gauge.wait_ms < PARTIAL_WAIT_S * 1000


@_plays
async def test_virtual_time_does_not_pass_while_requests_wait_for_threads() -> None:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as pool:

        def recognise(audio: bytes) -> Transcript:
            time.sleep(0.001)
            return _transcript(audio.decode())

        queue = RecognitionQueue(
            lambda audio, _: loop.run_in_executor(pool, recognise, audio), workers=1
        )
        alarm = asyncio.create_task(asyncio.sleep(0.01))
        tasks = [asyncio.create_task(queue.transcribe(b"a", FINAL)) for _ in range(20)]
        await asyncio.gather(*tasks)
        assert loop.time() == 0
        await alarm
