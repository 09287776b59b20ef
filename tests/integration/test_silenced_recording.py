"""A caller tells a card and a resident number: afterwards nobody can hear them any more.

The whole application with its real recogniser; the caller is a synthetic voice.
"""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from app import Yeoboseyo
from scripts.carrier.voice import CallerVoice
from storage.recordings import finishing
from storage.recordings.files import Recording, recording_name, rewrite
from storage.recordings.rows import RecordingStore
from storage.records import RecordingStatus
from storage.vault import Vault
from tests.support.recordings import channels
from tests.support.serving import phone, serving, stored
from tests.support.virtual_time import count_database_threads, run_virtual
from voice.audio import mulaw

SAID = (
    "카드 번호는 사일이삼 사오육칠 팔구공일 이삼사구입니다",
    "주민번호는 구공공삼일사 일이삼사오육칠이에요",
    "오 지 슬림 요금이 얼마예요",
)
DIGIT = re.compile(r"[0-9영공일이삼사오육칠팔구]")


def test_what_nobody_may_hear_is_silent_and_the_rest_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_database_threads(monkeypatch)
    before: list[tuple[bytes, bytes]] = []

    def noted(
        path: Path, vault: Vault, name: str, change: Callable[[int, bytearray], None]
    ) -> Recording:
        before.append(channels(path, name))
        return rewrite(path, vault, name, change)

    monkeypatch.setattr(finishing, "rewrite", noted)

    async def main() -> None:
        async with asyncio.timeout(600), serving(tmp_path) as app:
            yeoboseyo: Yeoboseyo = app.state.yeoboseyo
            async with phone(app, caller="+821012345678") as call:
                await call.wait_for_reply()
                voice = CallerVoice(seed=1)
                for words in SAID:
                    await call.say(voice.speak(words))
                    await call.wait_for_reply()
                await call.hang_up()
            record = await stored(app, call.call_sid)
            recording = await RecordingStore(yeoboseyo.database, "sample").get(record.id)
            assert recording is not None
            assert recording.status is RecordingStatus.FINISHED
            _, card, resident, question = record.turns
            spans = recording.silenced
            assert len(spans) == 2
            for turn, (start, end) in zip((card, resident), spans, strict=True):
                assert turn.heard_started_ms == start + 300
                assert turn.heard_ended_ms == end - 300
            name = recording_name("sample", record.call_sid)
            after = channels(tmp_path / recording.path, name)
            ((caller_before, agent_before),) = before
            expected = bytearray(caller_before), bytearray(agent_before)
            for start, end in spans:
                for side in expected:
                    side[start * 8 : end * 8] = b"\xff" * ((end - start) * 8)
                assert mulaw.loudness(caller_before[start * 8 : end * 8]) > 300
                assert mulaw.loudness(after[0][start * 8 : end * 8]) == 0
                told = await yeoboseyo.transcriber.transcribe(caller_before[start * 8 : end * 8])
                assert len(DIGIT.findall(told.text)) > 8
                left = await yeoboseyo.transcriber.transcribe(after[0][start * 8 : end * 8])
                assert not DIGIT.search(left.text + left.guess)
            assert after == tuple(map(bytes, expected))
            assert question.heard_started_ms is not None
            assert question.heard_ended_ms is not None
            asked = after[0][question.heard_started_ms * 8 - 1_600 : question.heard_ended_ms * 8]
            heard = await yeoboseyo.transcriber.transcribe(asked + b"\xff" * 1_600)
            assert heard.text == question.heard

    run_virtual(main())


def test_keyed_numbers_are_silent_from_before_the_first_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_database_threads(monkeypatch)

    async def main() -> None:
        async with asyncio.timeout(600), serving(tmp_path) as app:
            yeoboseyo: Yeoboseyo = app.state.yeoboseyo
            async with phone(app, caller="+821012345678") as call:
                await call.wait_for_reply()
                await call.press("9003141234567#")
                await call.wait_for_reply()
                await call.hang_up()
            record = await stored(app, call.call_sid)
            keyed = record.turns[1]
            assert (keyed.input_kind, keyed.heard) == ("keys", "9003141234567")
            assert keyed.heard_started_ms is not None
            assert keyed.heard_ended_ms is not None
            recording = await RecordingStore(yeoboseyo.database, "sample").get(record.id)
            assert recording is not None
            ((start, end),) = recording.silenced
            assert start == keyed.heard_started_ms - 1_000
            assert end >= keyed.heard_ended_ms + 300

    run_virtual(main())
