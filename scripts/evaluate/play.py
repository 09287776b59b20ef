"""Plays scenarios in one mode, trial after trial, in this process or in several."""

import asyncio
import logging
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from queue import Empty
from typing import Any

from scripts.carrier.scenario import Scenario
from scripts.evaluate import on_the_line, text
from scripts.evaluate.elsewhere import open_elsewhere
from scripts.evaluate.house import House, Place, open_house
from scripts.evaluate.judge import Stage, judge, unplayed
from scripts.evaluate.results import Trial
from scripts.quiet import only_errors
from scripts.virtual_time import database_threads_counted, run_virtual
from settings import Settings

_LONGEST_TRIAL_S = 900.0
_LOOK_S = 0.5
_REMOTE_S = 0.02
"""Real seconds that a model on a server is given before each jump of the virtual clock."""

Task = tuple[int, int]
"""A scenario's place in the plan, and the number of the trial."""

Done = Callable[[Trial], None]
Note = Callable[[Task, Trial], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be played."""

    settings: Settings
    scenarios: tuple[Scenario, ...]
    mode: str
    trials: int
    brain: str = ""
    """`local`, `openai`, or empty for what each scenario says."""
    url: str = ""
    """A server that is running; empty where the application is started for the purpose."""

    @property
    def brains(self) -> set[str]:
        """Who answers in any of the scenarios."""
        return {self.brain or scenario.brain for scenario in self.scenarios}

    def stage(self, task: Task) -> Stage:
        """How one trial is played."""
        place, trial = task
        brain = self.brain or self.scenarios[place].brain
        return Stage(mode=self.mode, brain=brain, trial=trial)

    @property
    def tasks(self) -> list[Task]:
        """All trials, scenario by scenario."""
        numbers = range(1, self.trials + 1)
        return [(place, trial) for place in range(len(self.scenarios)) for trial in numbers]


def play_all(plan: Plan, *, processes: int, done: Done) -> list[Trial]:
    """Every trial, in the plan's order; `done` gets each as soon as it is over."""
    found: dict[Task, Trial] = {}

    def note(task: Task, trial: Trial) -> None:
        found[task] = trial
        done(trial)

    if processes == 1:
        _run(plan, plan.tasks, note)
    else:
        _share(plan, processes, note)
    return [found[task] for task in plan.tasks]


def _run(plan: Plan, tasks: Iterable[Task], note: Note) -> None:
    playing = _play(plan, tasks, note)
    if plan.mode != "audio":
        asyncio.run(playing)
        return
    with database_threads_counted():
        remote = "openai" in plan.brains
        run_virtual(playing, sockets_s=_REMOTE_S if remote else 0.0)


async def _play(plan: Plan, tasks: Iterable[Task], note: Note) -> None:
    """Plays the tasks in turn, with one application for each brain that they want."""
    places: dict[str, Place] = {}
    async with AsyncExitStack() as stack:
        for task in tasks:
            stage = plan.stage(task)
            if stage.brain not in places:
                places[stage.brain] = await stack.enter_async_context(_open(plan, stage.brain))
            note(task, await _trial(places[stage.brain], plan.scenarios[task[0]], stage))


def _open(plan: Plan, brain: str) -> AbstractAsyncContextManager[Place]:
    if plan.url:
        return open_elsewhere(plan.url, plan.settings)
    return open_house(plan.settings, brain=brain, served=plan.mode == "live")


async def _trial(place: Place, scenario: Scenario, stage: Stage) -> Trial:
    """One trial on a fresh database."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(_LONGEST_TRIAL_S):
            await place.renew(scenario.today)
            before = await place.customers()
            if isinstance(place, House) and stage.mode == "text":
                played = await text.play(place, scenario)
            else:
                played = await on_the_line.play(scenario, place.call(scenario), stage.trial)
            kept = await place.kept(played.call_sid)
            if kept is not None and played.audio is not None:
                on_the_line.settle(scenario, played, kept.call)
    except Exception as error:
        # One broken call must not keep the others from being judged.
        logging.getLogger(__name__).exception("scenario %s could not be played", scenario.id)
        reason = f"{type(error).__name__}: {error}"
        return unplayed(scenario, stage=stage, error=reason, seconds=time.monotonic() - began)
    seconds = time.monotonic() - began
    if kept is None:
        return unplayed(scenario, stage=stage, error="the call is not stored", seconds=seconds)
    return judge(
        scenario, played, kept, before=before, hearing=place.hearing, stage=stage, seconds=seconds
    )


def _share(plan: Plan, processes: int, note: Note) -> None:
    """Gives the tasks to processes; one that dies costs the trial that it was playing."""
    context = multiprocessing.get_context("spawn")
    waiting, over = context.Queue(), context.Queue()
    left = set(plan.tasks)
    for task in plan.tasks:
        waiting.put(task)
    for _ in range(processes):
        waiting.put(None)
    workers = [
        context.Process(target=_work, args=(plan, waiting, over), daemon=True)
        for _ in range(processes)
    ]
    for worker in workers:
        worker.start()
    while left:
        alive = any(worker.is_alive() for worker in workers)
        try:
            task, trial = over.get(timeout=_LOOK_S)
        except Empty:
            if not alive:
                break
            continue
        left.discard(task)
        note(task, trial)
    for task in sorted(left):
        scenario, stage = plan.scenarios[task[0]], plan.stage(task)
        note(task, unplayed(scenario, stage=stage, error="its process died", seconds=0.0))
    for worker in workers:
        worker.join()


def _work(plan: Plan, waiting: Any, over: Any) -> None:
    """One process: takes tasks until there are none."""
    only_errors()

    def tasks() -> Iterator[Task]:
        while (task := waiting.get()) is not None:
            yield task

    _run(plan, tasks(), lambda task, trial: over.put((task, trial)))


def spread(count: int, *, wanted: int | None, cores: int, worth: int) -> int:
    """Over how many processes `count` trials go: a process pays from `worth` trials on."""
    if wanted is not None:
        return max(1, min(wanted, count))
    return max(1, min(cores, count // worth))
