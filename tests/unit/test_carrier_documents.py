"""The simulated carrier's reading of TwiML."""

import pytest

from scripts.carrier.documents import Dial, Gather, Hangup, Redirect, Say, Stream, parse
from scripts.carrier.errors import CarrierError
from voice.telephony import twiml

ORIGIN = "https://voice.example.com"


def test_the_stream() -> None:
    assert parse(twiml.connect_stream(ORIGIN, "t&<")) == [
        Stream(
            url="wss://voice.example.com/voice/stream",
            action=ORIGIN + "/voice/after-stream",
            status_callback=ORIGIN + "/voice/stream-status",
            parameters={"token": "t&<"},
        ),
        Redirect(url=ORIGIN + "/voice/after-stream"),
    ]


def test_the_human() -> None:
    text = twiml.to_human(ORIGIN, number="+8225550100", call_sid="CA 1", announcement="잠시만요.")
    assert parse(text) == [
        Say(text="잠시만요.", language="ko-KR"),
        Dial(
            number="+8225550100",
            whisper_url=ORIGIN + "/voice/whisper?call=CA+1",
            action=ORIGIN + "/voice/after-dial",
        ),
    ]


def test_the_whisper() -> None:
    assert parse(twiml.whisper(ORIGIN, text="요금 문의입니다.", call_sid="CA1")) == [
        Gather(
            says=(Say(text=f"요금 문의입니다. {twiml.PRESS_ONE}", language="ko-KR"),),
            action=ORIGIN + "/voice/whisper-accept?call=CA1",
        ),
        Hangup(),
    ]


def test_the_end() -> None:
    assert parse(twiml.bridge()) == []
    assert parse(twiml.hang_up()) == [Hangup()]
    assert parse("<Response><Dial>+8225550100</Dial></Response>") == [
        Dial(number="+8225550100", whisper_url="", action="")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "<html/>",
        "<Response><Connect/></Response>",
        '<Response><Connect><Stream url="wss://h/s?token=1"/></Connect></Response>',
        "<Response><Connect><Stream url='wss://h/s'><Parameter name='t' value='"
        + "x" * 500
        + "'/></Stream></Connect></Response>",
        "<Response><Pause/></Response>",
        '<!DOCTYPE x [<!ENTITY a "b">]><Response>&a;</Response>',
    ],
)
def test_what_is_no_answer(text: str) -> None:
    with pytest.raises(CarrierError) as caught:
        parse(text)
    assert caught.value.code == "bad-answer"
