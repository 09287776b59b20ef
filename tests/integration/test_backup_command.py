"""`yeoboseyo backup` while people phone, `restore` elsewhere, and a call of before phones again.

The house that is saved runs in real time over real sockets, on PostgreSQL; where its backup is
restored there is SQLite. What the caller said then is spoken into that one's line once more.
"""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app import Yeoboseyo, create_app
from scripts import backup, restore
from scripts.carrier.call import SimulatedCall
from scripts.carrier.voice import CallerVoice
from scripts.serving import serving as on_sockets
from settings import Settings
from storage.recordings.files import recording_name
from storage.recordings.rows import RecordingStore
from storage.records import Outcome, RecordingStatus
from tests.support.databases import empty_database
from tests.support.keys import RING
from tests.support.recordings import channels
from tests.support.serving import HUMAN, ORIGIN, TOKEN, phone, serving, stored
from tests.support.virtual_time import count_database_threads, run_virtual

QUESTION = "오 지 슬림 요금이 얼마예요"
CALLER = "+821012345678"


@dataclass
class Saved:
    """What the house knew when it was saved."""

    over: str = ""
    heard: tuple[str, ...] = ()
    live: str = ""


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """An operator."""
    monkeypatch.setenv("YEOBOSEYO_KEYS", RING)
    return CliRunner()


async def _phone(url: str) -> SimulatedCall:
    call = SimulatedCall(url, public_url=ORIGIN, caller=CALLER, auth_token=TOKEN)
    await call.dial()
    return call


def test_a_house_is_saved_while_people_phone_and_goes_on_elsewhere(
    command: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, here, there = tmp_path / "backup.tar", tmp_path / "here", tmp_path / "there"
    saved = Saved()

    async def be_busy(url: str) -> Result:
        """One call is over, and another one goes on while all is saved."""
        given = {
            "data_dir": here,
            "database_url": url,
            "public_url": ORIGIN,
            "twilio_auth_token": TOKEN,
            "human_number": HUMAN,
            "brain": "local",
            "keys": RING,
        }
        app = create_app(Settings.model_validate(given))
        async with asyncio.timeout(120), AsyncExitStack() as stack:
            address = await stack.enter_async_context(on_sockets(app))
            over = await _phone(address)
            await over.wait_for_reply()
            await over.say(CallerVoice(seed=1).speak(QUESTION))
            await over.wait_for_reply_start()
            await over.hang_up()
            record = await stored(app, over.call_sid)
            saved.over, saved.heard = over.call_sid, tuple(turn.heard for turn in record.turns)
            live = await _phone(address)
            saved.live = live.call_sid
            await live.wait_for_reply_start()
            speaking = asyncio.create_task(live.say(CallerVoice(seed=2).speak(QUESTION)))
            result = await asyncio.to_thread(command.invoke, backup.app, [str(file)])
            assert not speaking.done(), "it was saved while somebody spoke"
            await speaking
            await live.hang_up()
            return result

    with empty_database("postgresql", tmp_path) as url:
        monkeypatch.setenv("YEOBOSEYO_DATABASE_URL", url)
        monkeypatch.setenv("YEOBOSEYO_DATA_DIR", str(here))
        done = asyncio.run(be_busy(url))
    assert done.exit_code == 0, done.output
    assert "these keys are needed: test" in done.stdout
    assert saved.heard[1] == "5G 슬림 요금이 얼마예요"

    monkeypatch.delenv("YEOBOSEYO_DATABASE_URL")
    monkeypatch.setenv("YEOBOSEYO_DATA_DIR", str(there))
    for name, value in (("YEOBOSEYO_KEYS", "other:" + "A" * 43 + "="), ("YEOBOSEYO_KEYS", RING)):
        monkeypatch.setenv(name, value)
        done = command.invoke(restore.app, [str(file)])
        assert (done.exit_code == 0) == (value == RING), done.output
    assert "The next start makes again" in done.stdout
    assert "The audit logs are unbroken." in done.stdout
    again = command.invoke(restore.app, [str(file)])
    assert again.exit_code == 1
    assert "empty place only" in again.stderr

    async def go_on() -> None:
        async with asyncio.timeout(600), serving(there) as app:
            yeoboseyo: Yeoboseyo = app.state.yeoboseyo
            record = await yeoboseyo.clear_calls.by_sid(saved.over)
            assert record is not None
            assert tuple(turn.heard for turn in record.turns) == saved.heard
            assert record.summary is not None
            recordings = RecordingStore(yeoboseyo.database, "sample")
            recording = await recordings.get(record.id)
            assert recording is not None
            assert recording.status is RecordingStatus.FINISHED
            caller, _ = channels(there / recording.path, recording_name("sample", saved.over))
            async with phone(app, caller=CALLER) as call:
                await call.say(caller)
                await call.hang_up()
            replayed = await stored(app, call.call_sid)
            assert tuple(turn.heard for turn in replayed.turns) == saved.heard
            # Who was on the line when all was saved is no longer.
            cut = await yeoboseyo.clear_calls.by_sid(saved.live)
            assert cut is not None
            assert cut.outcome in {None, Outcome.FAILED}

    count_database_threads(monkeypatch)
    run_virtual(go_on())
