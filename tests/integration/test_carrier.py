"""The simulated carrier against a small server, on a virtual clock; and once over a real socket."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx
import pytest

from scripts.carrier.asgi import asgi_connector
from scripts.carrier.call import SimulatedCall
from scripts.carrier.errors import CarrierError
from storage.records import Outcome
from tests.support.listening import listening
from tests.support.parrot import ACCOUNT, CONFIG, TONE, Parrot
from tests.support.virtual_time import run_virtual
from voice.telephony import twiml

SPEECH = bytes([0x30, 0xB0]) * 80 * 30
"""600 ms of something loud."""

Talk = Callable[[SimulatedCall, Parrot], Awaitable[None]]


def phone(
    talk: Talk,
    parrot: Callable[[Callable[[], float]], Parrot] = Parrot,
    *,
    auth_token: str = CONFIG.auth_token,
    human_answers: bool = True,
) -> Parrot:
    """Hold one call on a virtual clock."""

    async def main() -> Parrot:
        server = parrot(asyncio.get_running_loop().time)
        app = server.app()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as http:
            call = SimulatedCall(
                "http://127.0.0.1:8000",
                public_url=CONFIG.public_url,
                auth_token=auth_token,
                account_sid=ACCOUNT,
                human_answers=human_answers,
                http=http,
                connect=asgi_connector(app),
            )
            await talk(call, server)
            await call.hang_up()
        return server

    return run_virtual(main())


def test_a_conversation() -> None:
    async def talk(call: SimulatedCall, parrot: Parrot) -> None:
        await call.dial()
        assert call.streaming
        greeting = await call.wait_for_reply()
        assert greeting.audio == TONE * 50
        assert greeting.duration_ms == pytest.approx(1000)

        await call.say(SPEECH)
        ended_at = call.caller_audio_ended_at
        assert ended_at is not None
        reply = await call.wait_for_reply()
        assert reply.after_ms == pytest.approx(400, abs=1)
        assert call.first_reply_audio_at == pytest.approx(ended_at + 0.4, abs=0.001)
        assert reply.audio == TONE * 50

        await call.press("12#")
        await call.wait_for_reply()
        assert parrot.keys == ["1", "2", "#"]
        assert parrot.echoes == ["m1", "m2", "m3"]
        assert b"".join(media.payload for media in parrot.heard).strip(b"\xff") == SPEECH

        await call.hang_up()
        assert call.after_stream is None
        report = call.report()
        assert report.errors == ()
        assert (report.underruns, report.marks, report.clears) == (0, 3, 3)
        assert report.audio_received_ms == 3000
        assert report.max_buffered_ms == 1000
        assert report.reply_ms[1] == reply.after_ms

    phone(talk)


def test_frames_leave_every_20_ms_without_drift() -> None:
    async def talk(call: SimulatedCall, parrot: Parrot) -> None:
        await call.dial()
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(60)
        assert asyncio.get_running_loop().time() == began + 60
        assert [media.timestamp_ms for media in parrot.heard[:3]] == [0, 20, 40]
        assert len(parrot.heard) == pytest.approx(3000, abs=1)
        sequences = [media.sequence for media in parrot.heard]
        assert sequences == sorted(set(sequences))

    phone(talk)


def test_a_late_second_half_is_an_underrun() -> None:
    async def talk(call: SimulatedCall, _: Parrot) -> None:
        await call.dial()
        await call.wait_for_reply()
        await call.say(SPEECH)
        reply = await call.wait_for_reply()
        assert reply.duration_ms == pytest.approx(1100, abs=25)
        assert call.report().underruns == 1
        assert call.report().underrun_ms == pytest.approx(100, abs=25)

    phone(talk, lambda clock: Parrot(clock, gap_frames=5))


def test_a_key_clears_what_was_playing() -> None:
    async def talk(call: SimulatedCall, parrot: Parrot) -> None:
        await call.dial()
        await call.wait_for_reply_start()
        await asyncio.sleep(0.25)
        await call.press("1")
        await call.wait_for_quiet(settle_s=0.02)
        assert len(call.line.runs[0].audio) == pytest.approx(2000, abs=160)
        assert parrot.echoes == ["m1"]
        await call.wait_for_reply()

    phone(talk)


def test_the_server_hangs_up() -> None:
    async def talk(call: SimulatedCall, parrot: Parrot) -> None:
        await call.dial()
        await call.wait_for_reply()
        await call.press("9")
        await call.wait_until_over()
        assert call.close_code == 1000
        assert call.after_stream is not None
        assert call.after_stream.kind == "hangup"
        with pytest.raises(CarrierError) as caught:
            await call.say(SPEECH)
        assert caught.value.code == "call-ended"
        assert parrot.statuses == []

    phone(talk)


def test_the_hand_off() -> None:
    async def talk(call: SimulatedCall, parrot: Parrot) -> None:
        await call.dial()
        await call.press("9")
        await call.wait_until_over()
        after = call.after_stream
        assert after is not None
        assert (after.kind, after.number, after.connected) == ("human", "+8225550100", True)
        assert after.whisper == f"요금제 문의입니다. {twiml.PRESS_ONE}"
        assert after.said == ()
        assert parrot.statuses == [(call.call_sid, "accepted"), (call.call_sid, "completed")]

    phone(talk, lambda clock: Parrot(clock, outcome_at_end=Outcome.HANDED_OFF))


def test_the_human_does_not_pick_up() -> None:
    async def talk(call: SimulatedCall, parrot: Parrot) -> None:
        await call.dial()
        await call.press("9")
        await call.wait_until_over()
        after = call.after_stream
        assert after is not None
        assert (after.kind, after.connected) == ("human", False)
        assert after.said == (twiml.CONNECTING, twiml.NOBODY_ANSWERED)
        assert parrot.statuses == [(call.call_sid, "callback_requested")]

    phone(talk, lambda clock: Parrot(clock, outcome_at_end=None), human_answers=False)


def test_a_full_server_gives_the_human_without_a_stream() -> None:
    async def talk(call: SimulatedCall, _: Parrot) -> None:
        await call.dial()
        await call.wait_until_over()
        assert not call.streaming
        assert call.after_stream is not None
        assert call.after_stream.number == "+8225550100"
        assert call.after_stream.said == (twiml.BUSY,)

    phone(talk, lambda clock: Parrot(clock, draining=True))


@pytest.mark.parametrize(
    ("misbehaviour", "number"),
    [
        ('{"event":"media","streamSid":"?","media":{"payload":"////"}}', "31951"),
        ('{"event":"media","media":{"payload":"////"}}', "31951"),
        ("{", "31951"),
        (b"\xff" * 160, "31950"),
    ],
)
def test_a_server_that_breaks_the_protocol_loses_the_stream(
    misbehaviour: str | bytes, number: str
) -> None:
    async def talk(call: SimulatedCall, parrot: Parrot) -> None:
        await call.dial()
        await call.say(SPEECH)
        await call.wait_until_over()
        assert parrot.failed == [call.call_sid]
        (error,) = call.report().errors
        assert error.startswith(number)
        assert call.after_stream is not None

    phone(talk, lambda clock: Parrot(clock, misbehaviour=misbehaviour))


def test_the_wrong_token_is_forbidden() -> None:
    async def talk(call: SimulatedCall, _: Parrot) -> None:
        with pytest.raises(CarrierError) as caught:
            await call.dial()
        assert caught.value.code == "forbidden"

    with pytest.raises(CarrierError):  # hanging up shows the same error
        phone(talk, auth_token="another")


def test_silence_is_no_reply() -> None:
    async def talk(call: SimulatedCall, _: Parrot) -> None:
        await call.dial()
        await call.wait_for_reply()
        with pytest.raises(CarrierError) as caught:
            await call.wait_for_reply(timeout_s=3)
        assert caught.value.code == "no-reply"

    phone(talk)


async def test_over_a_real_socket() -> None:
    parrot = Parrot(asyncio.get_running_loop().time)
    told: list[str] = []
    with listening(parrot.app()) as url:
        call = SimulatedCall(
            url,
            public_url=CONFIG.public_url,
            auth_token=CONFIG.auth_token,
            account_sid=ACCOUNT,
            tell=told.append,
        )
        await call.dial()
        await call.wait_for_reply_start()
        await call.press("1")
        reply = await call.wait_for_reply(settle_s=0.1)
        assert reply.audio == TONE * 50
        assert 200 < reply.after_ms < 3000  # 400 ms, on a machine with time for it
        await call.press("9")
        await call.wait_until_over()
        assert call.after_stream is not None
        assert call.after_stream.kind == "hangup"
        assert call.close_code == 1000
        assert call.report().errors == ()
        assert call.report().underruns == 0
    assert told[0].startswith("connected to ws://127.0.0.1:")


async def test_a_refused_upgrade_ends_at_the_human() -> None:
    """The server checks the stream's signature over another origin than the webhooks'."""
    parrot = Parrot(asyncio.get_running_loop().time)
    app = parrot.app()
    other = replace(CONFIG, auth_token="another")
    other_app = Parrot(asyncio.get_running_loop().time, config=other).app()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as http:
        with listening(other_app) as url:
            call = SimulatedCall(
                url,
                public_url=CONFIG.public_url,
                auth_token=CONFIG.auth_token,
                account_sid=ACCOUNT,
                http=http,
            )
            await call.dial()
            await call.wait_until_over()
    assert parrot.failed == [call.call_sid]
    assert call.after_stream is not None
    assert call.after_stream.kind == "human"
    assert "answered 403 instead of 101" in call.report().errors[0]


async def test_no_server() -> None:
    call = SimulatedCall("http://127.0.0.1:9")
    with pytest.raises(CarrierError) as caught:
        await call.dial()
    assert caught.value.code == "unreachable"
