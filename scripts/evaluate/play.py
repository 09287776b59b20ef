"""Plays scenarios in one mode, trial after trial, in this process or in several."""

import asyncio
import logging
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from queue import Empty
from typing import Any

from agent.hearing import Hearing
from app import SAMPLE_ORGANIZATION
from scripts.carrier.scenario import Scenario
from scripts.evaluate import text
from scripts.evaluate.house import House, customers, open_house
from scripts.evaluate.judge import Stage, judge, unplayed
from scripts.evaluate.results import Trial
from settings import Settings

_LONGEST_TRIAL_S = 900.0
_LOOK_S = 0.5

Task = tuple[int, int]
"""A scenario's place in the plan, and the number of the trial."""

Done = Callable[[Trial], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be played."""

    settings: Settings
    scenarios: tuple[Scenario, ...]
    mode: str
    trials: int
    brain: str = ""
    """`local`, `openai`, or empty for what each scenario says."""

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


def _run(plan: Plan, tasks: Iterable[Task], note: Callable[[Task, Trial], None]) -> None:
    asyncio.run(_play(plan, tasks, note))


async def _play(plan: Plan, tasks: Iterable[Task], note: Callable[[Task, Trial], None]) -> None:
    """Plays the tasks in turn, with one application for each brain that they want."""
    houses: dict[str, House] = {}
    async with AsyncExitStack() as stack:
        for task in tasks:
            stage = plan.stage(task)
            if stage.brain not in houses:
                opening = open_house(plan.settings, brain=stage.brain)
                houses[stage.brain] = await stack.enter_async_context(opening)
            note(task, await _trial(houses[stage.brain], plan.scenarios[task[0]], stage))


async def _trial(house: House, scenario: Scenario, stage: Stage) -> Trial:
    """One trial on a fresh database."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(_LONGEST_TRIAL_S):
            await house.renew(scenario.today)
            before = await customers(house.yeoboseyo.database, SAMPLE_ORGANIZATION)
            played = await text.play(house, scenario)
            kept = await house.kept(played.call_sid)
    except Exception as error:
        # One broken call must not keep the others from being judged.
        logging.getLogger(__name__).exception("scenario %s could not be played", scenario.id)
        reason = f"{type(error).__name__}: {error}"
        return unplayed(scenario, stage=stage, error=reason, seconds=time.monotonic() - began)
    seconds = time.monotonic() - began
    if kept is None:
        return unplayed(scenario, stage=stage, error="the call is not stored", seconds=seconds)
    hearing = Hearing(house.yeoboseyo.knowledge.catalog)
    return judge(
        scenario, played, kept, before=before, hearing=hearing, stage=stage, seconds=seconds
    )


def _share(plan: Plan, processes: int, note: Callable[[Task, Trial], None]) -> None:
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

    def tasks() -> Iterator[Task]:
        while (task := waiting.get()) is not None:
            yield task

    _run(plan, tasks(), lambda task, trial: over.put((task, trial)))


def spread(count: int, *, wanted: int | None, cores: int, worth: int) -> int:
    """Over how many processes `count` trials go: a process pays from `worth` trials on."""
    if wanted is not None:
        return max(1, min(wanted, count))
    return max(1, min(cores, count // worth))


def brains(scenarios: Sequence[Scenario], brain: str) -> set[str]:
    """Who answers in these scenarios."""
    return {brain} if brain else {scenario.brain for scenario in scenarios}
