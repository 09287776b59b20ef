"""The greeting waits for nobody: not for a voice over the network, nor for the database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from fastapi import FastAPI

from agent import lines
from agent.korean.spoken import to_spoken
from agent.tools import LOOKUP_S
from app import Yeoboseyo
from scripts.bench.greeting import first_heard_at
from storage.calls import CallStore
from storage.customers import CustomerStore
from storage.entries import Noted
from storage.errors import StorageError
from storage.journal import Journal
from storage.records import Customer, NewCall, Outcome, StoredCall, Verification
from tests.support.remote_voices import ELEVENLABS, OPENAI
from tests.support.serving import phone, serving, stored
from tests.support.speech_server import Answer, IsSilent, Refuses, Speaks, speech_server
from tests.support.virtual_time import count_database_threads, run_virtual
from voice.audio import mulaw

KIM = "+821012345678"
GREETING = lines.GREETING.format(organization="여보세요 모바일")
HELLO = lines.CUSTOMER_HELLO.format(name="김철수")
WITHIN_S = 0.1
"""On the virtual clock, which lets no time pass but what somebody waits for."""


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    count_database_threads(monkeypatch)


async def _greeted(app: FastAPI) -> StoredCall:
    """A caller who listens to the greeting and hangs up."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with phone(app, caller=KIM) as call:
        await call.wait_for_reply()
        await call.hang_up()
        runs = call.line.runs
        heard_at = first_heard_at(runs)
        assert heard_at is not None
        assert heard_at - began < WITHIN_S
        kept = app.state.yeoboseyo.voice.stored[-1].at_hand(to_spoken(GREETING))
        assert bytes(runs[0].audio).startswith(kept)
        assert mulaw.loudness(kept) > 0
        # No dead air between its sentences either.
        assert all(b.started_at - a.ended_at < 0.5 for a, b in pairwise(runs))
        return await stored(app, call.call_sid)


def _said(record: StoredCall) -> Sequence[str]:
    return [turn.said for turn in record.turns]


@asynccontextmanager
async def _with_voices(folder: Path, answer: Answer) -> AsyncIterator[FastAPI]:
    """The application with both voices over the network, which do what `answer` says."""
    async with AsyncExitStack() as stack:
        urls = []
        for remote in (ELEVENLABS, OPENAI):
            server = await stack.enter_async_context(speech_server(remote.service))
            server.answer = answer
            urls.append(server.url + remote.path)
        yield await stack.enter_async_context(
            serving(
                folder,
                elevenlabs_api_key="key",
                elevenlabs_voice="voice-1",
                elevenlabs_base_url=urls[0],
                openai_voice_model="speech-1",
                openai_voice_base_url=urls[1],
            )
        )


@pytest.mark.parametrize(
    "answer",
    [
        Refuses(status=401),
        Refuses(status=429, headers={"Retry-After": "30"}),
        Refuses(status=503, body=b"<html>"),
        IsSilent(),
        Speaks(chunks=[], then="stalls"),
        Speaks(chunks=[b"\xff" * 800], then="is cut"),
    ],
    ids=["unauthorized", "busy", "away", "silent", "stalls", "is cut"],
)
def test_it_comes_at_once_while_no_voice_over_the_network_can_speak(
    tmp_path: Path, answer: Answer
) -> None:
    async def main() -> None:
        async with asyncio.timeout(600), _with_voices(tmp_path, answer) as app:
            assert len(app.state.yeoboseyo.voice.stored) == 3
            record = await _greeted(app)
        assert _said(record) == [f"{GREETING} {lines.RECORDED} {HELLO}"]

    run_virtual(main(), sockets_s=0.001)


@pytest.mark.parametrize(
    ("takes_s", "then"),
    [(LOOKUP_S - 1, HELLO), (3600, lines.ASK_PHONE)],
    ids=["slow", "stalls"],
)
def test_it_comes_at_once_while_the_caller_is_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, takes_s: float, then: str
) -> None:
    find = CustomerStore.by_phone

    async def slow(self: CustomerStore, number: str) -> list[Customer]:
        await asyncio.sleep(takes_s)
        return await find(self, number)

    monkeypatch.setattr(CustomerStore, "by_phone", slow)

    async def main() -> None:
        async with asyncio.timeout(600), serving(tmp_path) as app:
            record = await _greeted(app)
        assert _said(record) == [f"{GREETING} {lines.RECORDED} {then}"]
        assert record.verification is (
            Verification.CALLER_ID if then == HELLO else Verification.NONE
        )

    run_virtual(main())


def test_it_comes_at_once_while_the_call_is_being_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = CallStore.open

    async def slow(self: CallStore, call: NewCall) -> int:
        await asyncio.sleep(4)
        return await begin(self, call)

    monkeypatch.setattr(CallStore, "open", slow)

    async def main() -> None:
        async with asyncio.timeout(600), serving(tmp_path) as app:
            record = await _greeted(app)
        assert _said(record) == [f"{GREETING} {lines.RECORDED} {HELLO}"]
        assert record.outcome is Outcome.ABANDONED

    run_virtual(main())


def _away(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: CallStore, call: NewCall) -> int:
        await asyncio.sleep(0.5)
        raise StorageError("unavailable", "the database does not answer", retryable=True)

    monkeypatch.setattr(CallStore, "open", broken)


def test_a_call_without_a_database_is_stored_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with asyncio.timeout(600), serving(tmp_path) as app:
            with monkeypatch.context() as patched:
                _away(patched)
                async with phone(app, caller=KIM) as call:
                    await call.wait_for_reply()
                    await call.hang_up()
                yeoboseyo: Yeoboseyo = app.state.yeoboseyo
                assert (await yeoboseyo.ledger.gauge()).waiting == 3
            record = await stored(app, call.call_sid)
        assert _said(record) == [f"{GREETING} {lines.RECORDED} {HELLO}"]
        assert record.outcome is Outcome.ABANDONED

    run_virtual(main())


def test_a_call_that_can_be_stored_nowhere_goes_to_the_human(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(self: Journal, noted: Noted) -> None:
        raise StorageError("unavailable", "the disk is full", retryable=True)

    _away(monkeypatch)
    monkeypatch.setattr(Journal, "append", full)

    async def main() -> None:
        async with asyncio.timeout(600), serving(tmp_path) as app:
            yeoboseyo: Yeoboseyo = app.state.yeoboseyo
            async with phone(app, caller=KIM) as call:
                await call.wait_until_over()
            assert call.after_stream is not None
            assert call.after_stream.kind == "human"
            assert yeoboseyo.switchboard.live_calls == 0

    run_virtual(main())
