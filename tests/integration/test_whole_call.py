"""A whole call through every real part: edge, VAD, Whisper, agent, Chroma, voice, database.

Only the network and the clock are not real: the stream is in memory, time is virtual.
"""

import asyncio
import base64
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI

from app import Yeoboseyo
from scripts.carrier.asgi import AsgiSocket
from scripts.carrier.call import SimulatedCall
from scripts.carrier.checks import (
    Answered,
    call_checks,
    faults,
    summary_checks,
    turn_checks,
)
from scripts.carrier.runner import Caller, caller_voice
from scripts.carrier.scenario import Scenario, load
from scripts.carrier.voice import CallerVoice
from storage.recordings.files import recording_name
from storage.records import HandoffStatus, NewCall, Outcome, StoredCall, Verification
from tests.support.recordings import channels
from tests.support.serving import HUMAN, TODAY, client, phone, serving, stored
from tests.support.virtual_time import count_database_threads, run_virtual
from voice.audio import mulaw
from voice.tts.prompts import prompts

DEMO = Path(__file__).parents[2] / "scripts" / "demo_call.yaml"


async def play(app: FastAPI, scenario: Scenario) -> tuple[SimulatedCall, StoredCall]:
    async with phone(app, caller=scenario.caller) as call:
        caller = Caller(call, caller_voice(scenario), tell=lambda _: None)
        await caller.play(scenario.turns)
        await call.wait_until_over()
        return call, await stored(app, call.call_sid)


@pytest.fixture(autouse=True)
def threads_hold_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    count_database_threads(monkeypatch)


def test_the_demo_call_is_answered_handed_off_and_summarised(tmp_path: Path) -> None:
    (scenario,) = load([DEMO])

    async def main() -> None:
        async with asyncio.timeout(600), serving(tmp_path) as app:
            call, record = await play(app, scenario)
            wrong = faults(
                call_checks(
                    scenario.expect,
                    outcome=record.outcome,
                    handoff_reason=record.handoff_reason,
                    verification=record.verification,
                )
            )
            assert record.summary is not None
            wrong += faults(summary_checks(scenario.expect, record.summary.text))
            turns = record.turns[1:]
            assert [turn.index for turn in record.turns] == list(range(len(scenario.turns) + 1))
            for expected, turn in zip(scenario.turns, turns, strict=True):
                tools = [tool.name for tool in turn.tools]
                reply = Answered(said=turn.intended, tools=tools)
                wrong += faults(turn_checks(expected.expect, reply))
            assert wrong == []
            assert turns[4].interrupted
            assert turns[4].said.endswith("…")
            assert call.after_stream is not None
            assert call.after_stream.kind == "human"
            assert call.after_stream.number == HUMAN
            assert "김*수 고객님" in call.after_stream.whisper
            assert call.report().underruns == 0
            yeoboseyo: Yeoboseyo = app.state.yeoboseyo
            handoff = await yeoboseyo.store.handoff(record.id)
            assert handoff is not None
            assert handoff.status is HandoffStatus.ANSWERED
            assert record.recording_path is not None
            name = recording_name("sample", record.call_sid)
            sides = channels(tmp_path / record.recording_path, name)
            assert len(sides[0]) > 30 * 8_000
            assert all(mulaw.loudness(side) > 100 for side in sides)

    run_virtual(main())


def test_a_withheld_caller_keys_the_number_and_is_not_told_the_account(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(600), serving(tmp_path) as app:
            async with phone(app, caller="") as call:
                await call.wait_for_reply()
                await call.press("01012345678")
                await call.wait_for_reply()
                await call.press("0")
                await call.wait_until_over()
                record = await stored(app, call.call_sid)
            assert record.outcome is Outcome.HANDED_OFF
            assert record.verification is Verification.SPOKEN_NUMBER
            said = " ".join(turn.intended for turn in record.turns)
            assert "김철수" not in said
            assert "이월" not in said
            assert record.summary is not None
            assert "1234" not in record.summary.text

    run_virtual(main())


def test_the_application_is_alive_ready_and_signs_people_in(tmp_path: Path) -> None:
    async def main() -> None:
        async with serving(tmp_path) as app, client(app) as http:
            assert (await http.get("/livez")).status_code == 200
            ready = await http.get("/readyz")
            assert (ready.status_code, ready.json()["status"]) == (200, "ok")
            recogniser = ready.json()["recogniser"]
            assert (recogniser["waiting"], recogniser["overloaded"]) == (0, False)
            assert (recogniser["finals"], recogniser["rejected"]) == (0, {})
            assert ready.json()["voices"] == [
                {
                    "name": "espeak",
                    "state": "closed",
                    "sentences": 0,
                    "failures": {},
                    "passed_over": 0,
                }
            ]
            assert ready.json()["playout"] == {"late_chunks": 0, "given_up_marks": 0}
            (cache,) = ready.json()["voice_cache"]
            assert cache == {"hits": 0, "misses": 0, "damaged": 0, "failures": 0}
            voice = app.state.yeoboseyo.voice
            for line in prompts(app.state.yeoboseyo.settings.organization_name):
                assert voice.at_hand(line), f"{line} is not there before the first call"
            page = await http.get("/console/calls", follow_redirects=True)
            assert 'lang="ko"' in page.text
            assert "/console/sign-in" in str(page.url)
            assert ready.json()["journal"] == {"waiting": 0, "oldest_s": 0.0, "dead": 0}
            assert ready.json()["jobs"] == {"pending": 0, "overdue_s": 0.0, "dead": 0}
            app.state.yeoboseyo.switchboard.draining = True
            assert (await http.get("/readyz")).status_code == 503

    run_virtual(main())


def test_another_client_that_sends_little_is_served_in_development(tmp_path: Path) -> None:
    """A client that posts an empty form, and whose start has two ids and nothing else.

    It sends audio only while it speaks, without timestamps, and leaves without a stop.
    """

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(600), serving(tmp_path, development=True) as app:
            async with client(app) as http:
                answer = await http.post("/voice/incoming")
            found = re.search(r'<Stream[^>]* url="([^"]+)"', answer.text)
            assert found is not None
            socket = AsgiSocket(app, found[1], {})
            assert await socket.opened()
            ids = {"streamSid": "stream-1", "callSid": "call-1"}
            await socket.send(json.dumps({"event": "connected", "protocol": "Call"}))
            await socket.send(json.dumps({"event": "start", **ids, "start": ids}))
            await asyncio.sleep(14)
            speech = CallerVoice(seed=1).speak("5G 슬림 요금이 얼마예요?") + b"\xff" * 16_000
            began = loop.time()
            for number, at in enumerate(range(0, len(speech), 160)):
                payload = base64.b64encode(speech[at : at + 160]).decode()
                media = {"event": "media", "streamSid": "stream-1", "media": {"payload": payload}}
                await socket.send(json.dumps(media))
                await asyncio.sleep(began + 0.02 * (number + 1) - loop.time())
            await asyncio.sleep(8)
            await socket.close()
            record = await stored(app, "call-1")
        assert record.outcome is Outcome.ABANDONED
        assert record.turns[1].heard
        assert record.turns[1].said
        assert record.turns[1].first_audio_ms is not None

    run_virtual(main())


def test_a_second_server_leaves_live_calls_alone_and_closes_dead_ones(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(600), serving(tmp_path) as app:
            dead = NewCall(
                organization_id="sample",
                call_sid="CA-dead",
                stream_sid="MZ-dead",
                caller="",
                called="",
                started_at=TODAY - timedelta(hours=1),
            )
            async with phone(app, caller="+821012345678") as call:
                await call.wait_for_reply()
                await app.state.yeoboseyo.store.open(dead)
                url = f"sqlite:///{tmp_path / 'yeoboseyo.db'}"
                async with serving(tmp_path / "second", database_url=url) as second:
                    closed = await stored(second, "CA-dead")
                await call.press("0")
                await call.wait_until_over()
                record = await stored(app, call.call_sid)
            assert closed.outcome is Outcome.FAILED
            assert record.outcome is Outcome.HANDED_OFF

    run_virtual(main())
