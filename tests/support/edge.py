"""What the tests of the edge share: an open house on the virtual clock, and its answers."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from agent.actions import Action, EndCall, HandOff, Say
from storage.records import HandoffReason, Outcome
from tests.support.house import House, house
from tests.support.line import spoken
from tests.support.virtual_time import run_virtual

QUESTION = spoken("이월 십 기가 요금이 얼마예요")
TO_HUMAN: list[Action] = [
    Say(text="상담원에게 연결해 드리겠습니다."),
    HandOff(reason=HandoffReason.CALLER_REQUEST),
]
GOODBYE: list[Action] = [Say(text="감사합니다."), EndCall(outcome=Outcome.COMPLETED)]

Script = Callable[[House], Awaitable[None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., None]:
    """Runs a script in an open house, on the virtual clock."""

    def run(script: Script, **settings: Any) -> None:
        async def main() -> None:
            async with asyncio.timeout(3600), house(tmp_path, **settings) as opened:
                await script(opened)

        run_virtual(main())

    return run


def now() -> float:
    return asyncio.get_running_loop().time()


def outcomes(opened: House) -> list[Outcome]:
    return [end.outcome for _, end in opened.store.ends]
