"""A caller on the line: how trials differ, and to which turn a reply belongs."""

from datetime import UTC, date, datetime

from scripts.carrier.scenario import Audio, DuringReply, Scenario
from scripts.carrier.scenario import Turn as Scripted
from scripts.evaluate.on_the_line import manner, settle
from scripts.evaluate.played import OnTheLine, Overlap, Played
from storage.records import StoredCall, Turn, Verification

SCENARIO = Scenario(
    id="line",
    today=date(2026, 11, 20),
    audio=Audio(rate=150, seed=7),
    turns=(
        Scripted(say="이월 10기가 얼마예요?"),
        Scripted(during_reply=DuringReply(after_ms=500, say="잠깐만요")),
        Scripted(silence=9.0),
    ),
)


def recorded(
    index: int, *, heard_ms: int | None, said_ms: int | None, interrupted: bool = False
) -> Turn:
    return Turn(
        index=index,
        heard="네" if heard_ms is not None else "",
        input_kind="speech" if heard_ms is not None else "silence",
        heard_started_ms=heard_ms,
        heard_ended_ms=heard_ms,
        intended="네.",
        said="네.",
        said_started_ms=said_ms,
        said_ended_ms=said_ms,
        interrupted=interrupted,
        first_audio_ms=None,
        stt_ms=None,
        agent_ms=None,
    )


def call(*turns: Turn) -> StoredCall:
    return StoredCall(
        id=1,
        organization_id="sample",
        call_sid="CA1",
        caller="",
        called="",
        started_at=datetime(2026, 11, 20, tzinfo=UTC),
        ended_at=None,
        outcome=None,
        handoff_reason=None,
        verification=Verification.NONE,
        customer=None,
        recording_path=None,
        summary=None,
        turns=turns,
    )


def on_the_line(*cleared_ms: float) -> Played:
    line = OnTheLine(began_ms={1: 5_000.0, 2: 9_000.0, 3: 14_000.0}, cleared_ms=list(cleared_ms))
    return Played(call_sid="CA1", line=line)


GREETING = recorded(0, heard_ms=None, said_ms=100)


def test_the_first_trial_is_as_written_and_the_others_are_always_the_same() -> None:
    first = manner(SCENARIO, 1)
    assert first.audio == SCENARIO.audio
    assert first.pauses == 1.0
    second, third = manner(SCENARIO, 2), manner(SCENARIO, 3)
    assert second == manner(SCENARIO, 2)
    assert len({first.audio.seed, second.audio.seed, third.audio.seed}) == 3
    assert second.audio.rate != third.audio.rate or second.audio.snr_db != third.audio.snr_db


def test_replies_belong_to_the_turn_that_began_before_them() -> None:
    played = on_the_line()
    turns = [
        GREETING,
        recorded(1, heard_ms=5_020, said_ms=6_000),
        recorded(2, heard_ms=6_900, said_ms=8_000, interrupted=True),
        recorded(3, heard_ms=8_950, said_ms=11_000),
        recorded(4, heard_ms=None, said_ms=20_000),
    ]
    settle(SCENARIO, played, call(*turns))
    assert played.turn_of == {0: 0, 1: 1, 2: 1, 3: 2, 4: 3}


def test_a_reply_that_was_stopped_is_timed_to_its_last_sound() -> None:
    played = on_the_line(7_000.0, 9_220.0, 9_400.0, 15_000.0)
    turns = [
        GREETING,
        recorded(1, heard_ms=5_020, said_ms=6_000, interrupted=True),
        recorded(2, heard_ms=9_010, said_ms=11_000),
    ]
    settle(SCENARIO, played, call(*turns))
    assert played.overlaps == {2: Overlap(stopped=True, stopped_ms=400.0)}


def test_a_reply_that_was_only_paused_goes_on() -> None:
    played = on_the_line(9_220.0)
    settle(SCENARIO, played, call(GREETING, recorded(1, heard_ms=5_020, said_ms=6_000)))
    assert played.overlaps == {2: Overlap(stopped=False)}
