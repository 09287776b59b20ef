"""The webhooks, through ASGI and with the SDK's own signatures."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from urllib.parse import urlencode
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import FastAPI
from twilio.request_validator import RequestValidator

from storage.records import Outcome
from tests.support.virtual_time import on_virtual_time
from voice.telephony import twiml
from voice.telephony.tokens import PendingCalls
from voice.telephony.webhooks import HandoffStatus, WebhookConfig, create_webhooks

TOKEN = "b7e3c0"
ORIGIN = "https://voice.example.com"
INCOMING = {
    "CallSid": "CA1",
    "AccountSid": "AC1",
    "From": "+821012345678",
    "To": "+8215880000",
    "CallStatus": "ringing",
    "Direction": "inbound",
    "CallerName": "",
    "SomethingNew": "값 & more",
}
CONFIG = WebhookConfig(
    public_url=ORIGIN,
    auth_token=TOKEN,
    account_sid="AC1",
    human_number="+8225550100",
    development=False,
    max_calls=2,
)


class Calls:
    """The calls as the webhooks see them."""

    def __init__(self) -> None:
        self.draining = False
        self.live = 0
        self.outcomes: dict[str, Outcome] = {}
        self.broken = False
        self.statuses: list[tuple[str, HandoffStatus]] = []
        self.failed: list[str] = []

    def live_calls(self) -> int:
        return self.live

    async def outcome(self, call_sid: str) -> Outcome | None:
        self._check()
        return self.outcomes.get(call_sid)

    async def whisper_text(self, call_sid: str) -> str:
        self._check()
        return f"{call_sid}: 요금제 <변경> 문의입니다.\x07"

    async def handoff_status(self, call_sid: str, status: HandoffStatus) -> None:
        self._check()
        self.statuses.append((call_sid, status))

    def stream_failed(self, call_sid: str) -> None:
        self.failed.append(call_sid)

    def _check(self) -> None:
        if self.broken:
            raise ConnectionError("the database is away")


class Server:
    """An application with the webhooks, and a carrier that signs."""

    def __init__(self, config: WebhookConfig, client: httpx.AsyncClient) -> None:
        self.now = 1000.0
        self.config = config
        self.calls = Calls()
        self.pending = PendingCalls(lambda: self.now)
        self.client = client

    async def post(
        self,
        path: str,
        fields: dict[str, str] | None = None,
        *,
        signed_url: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Post a form with the signature that the carrier would make over `signed_url`."""
        fields = {"CallSid": "CA1", "AccountSid": "AC1"} | (fields or {})
        signature = RequestValidator(TOKEN).compute_signature(signed_url or ORIGIN + path, fields)
        form = {
            "X-Twilio-Signature": signature,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return await self.client.post(
            path, content=urlencode(fields), headers=form | (headers or {})
        )

    async def twiml(self, path: str, fields: dict[str, str] | None = None) -> ElementTree.Element:
        response = await self.post(path, fields)
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/xml")
        return ElementTree.fromstring(response.content)  # noqa: S314 - our own document


@asynccontextmanager
async def running(config: WebhookConfig = CONFIG) -> AsyncIterator[Server]:
    app = FastAPI()
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7") as client:
        server = Server(config, client)
        app.include_router(
            create_webhooks(config, server.calls, server.pending, clock=lambda: server.now)
        )
        yield server


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with running() as started:
        yield started


def verbs(document: ElementTree.Element) -> list[str]:
    return [verb.tag for verb in document]


def said(document: ElementTree.Element) -> str:
    spoken = list(document.iter("Say"))
    assert all(verb.get("language") == "ko-KR" for verb in spoken)
    return " ".join(verb.text or "" for verb in spoken)


def stream_token(document: ElementTree.Element) -> str:
    (parameter,) = document.iter("Parameter")
    assert parameter.get("name") == "token"
    return parameter.get("value") or ""


def goes_to_human(document: ElementTree.Element) -> bool:
    return document.findtext("Dial/Number") == CONFIG.human_number


async def test_an_incoming_call_is_connected_to_the_stream(server: Server) -> None:
    document = await server.twiml("/voice/incoming", INCOMING)
    assert verbs(document) == ["Connect", "Redirect"]
    (connect, redirect) = document
    (stream,) = connect
    assert connect.attrib == {"action": "https://voice.example.com/voice/after-stream"}
    assert stream.attrib == {
        "url": "wss://voice.example.com/voice/stream",
        "statusCallback": "https://voice.example.com/voice/stream-status",
    }
    assert redirect.text == "https://voice.example.com/voice/after-stream"
    call = server.pending.redeem(stream_token(document), "CA1")
    assert call is not None
    assert (call.caller, call.called) == ("+821012345678", "+8215880000")


@pytest.mark.parametrize("caller", ["", "anonymous", "+266696687"])
async def test_a_withheld_caller_is_answered(server: Server, caller: str) -> None:
    document = await server.twiml("/voice/incoming", INCOMING | {"From": caller})
    call = server.pending.redeem(stream_token(document), "CA1")
    assert call is not None
    assert call.caller == ""


async def test_a_call_without_numbers_is_answered(server: Server) -> None:
    assert stream_token(await server.twiml("/voice/incoming"))


@pytest.mark.parametrize(
    "path",
    [
        "incoming",
        "after-stream",
        "stream-status",
        "whisper?call=CA1",
        "whisper-accept?call=CA1",
        "after-dial",
    ],
)
@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Twilio-Signature": "wrong"}, {"X-Twilio-Signature": ""}],
)
async def test_a_wrong_signature_is_refused(
    server: Server, path: str, headers: dict[str, str]
) -> None:
    content = urlencode(INCOMING)
    response = await server.client.post(f"/voice/{path}", content=content, headers=headers)
    assert response.status_code == 403
    assert not server.calls.failed
    assert not server.calls.statuses


async def test_a_signature_for_another_url_is_refused(server: Server) -> None:
    for url in (ORIGIN + "/voice/after-stream", "https://evil.example.com/voice/incoming"):
        assert (await server.post("/voice/incoming", INCOMING, signed_url=url)).status_code == 403
    moved = await server.post(
        "/voice/whisper?call=CA2", signed_url=ORIGIN + "/voice/whisper?call=CA1"
    )
    assert moved.status_code == 403


async def test_forwarded_headers_do_not_move_the_url(server: Server) -> None:
    headers = {"Host": "evil.example.com", "X-Forwarded-Host": "evil.example.com"} | {
        "X-Forwarded-Proto": "http"
    }
    forged = "http://evil.example.com/voice/incoming"
    response = await server.post("/voice/incoming", INCOMING, signed_url=forged, headers=headers)
    assert response.status_code == 403
    assert (await server.post("/voice/incoming", INCOMING, headers=headers)).status_code == 200


async def test_another_account_is_refused(server: Server) -> None:
    assert (await server.post("/voice/incoming", {"AccountSid": "AC2"})).status_code == 403


async def test_a_form_without_call_or_too_large_is_refused(server: Server) -> None:
    assert (await server.post("/voice/incoming", {"CallSid": ""})).status_code == 422
    assert (await server.post("/voice/incoming", {"X": "x" * 70_000})).status_code == 413


async def test_a_retry_gets_the_same_answer(server: Server) -> None:
    first = await server.post("/voice/incoming", INCOMING)
    server.calls.live = 2
    again = await server.post("/voice/incoming", INCOMING)
    assert again.content == first.content
    other = await server.twiml("/voice/incoming", INCOMING | {"CallSid": "CA2"})
    assert goes_to_human(other)
    server.calls.live = 0
    assert goes_to_human(await server.twiml("/voice/incoming", INCOMING | {"CallSid": "CA2"}))


async def test_a_call_that_comes_back_gets_a_fresh_stream(server: Server) -> None:
    first = stream_token(await server.twiml("/voice/incoming", INCOMING))
    assert server.pending.redeem(first, "CA1")
    second = stream_token(await server.twiml("/voice/incoming", INCOMING))
    assert second != first


async def test_a_rush_does_not_fill_the_house_twice(server: Server) -> None:
    """Calls count from their webhook on, not only when their streams have begun."""
    tokens = [
        stream_token(await server.twiml("/voice/incoming", INCOMING | {"CallSid": f"CA{number}"}))
        for number in range(2)
    ]
    assert len(set(tokens)) == 2
    assert goes_to_human(await server.twiml("/voice/incoming", INCOMING | {"CallSid": "CA2"}))
    server.now += 60  # their streams never came
    assert stream_token(await server.twiml("/voice/incoming", INCOMING | {"CallSid": "CA3"}))


def overload(calls: Calls) -> None:
    calls.live = 2


def drain(calls: Calls) -> None:
    calls.draining = True


@pytest.mark.parametrize("cause", [overload, drain])
async def test_a_full_or_stopping_server_gives_the_human(
    server: Server, cause: Callable[[Calls], None]
) -> None:
    cause(server.calls)
    document = await server.twiml("/voice/incoming", INCOMING)
    assert verbs(document) == ["Say", "Dial"]
    assert said(document) == twiml.BUSY
    dial = document.find("Dial")
    assert dial is not None
    assert dial.get("action") == "https://voice.example.com/voice/after-dial"
    assert dial.get("timeout") == str(twiml.ANSWER_TIMEOUT_S)
    assert goes_to_human(document)
    assert dial[0].get("url") == "https://voice.example.com/voice/whisper?call=CA1"


async def test_without_a_human_there_is_an_apology() -> None:
    async with running(replace(CONFIG, human_number="")) as server:
        server.calls.draining = True
        document = await server.twiml("/voice/incoming", INCOMING)
        assert verbs(document) == ["Say", "Hangup"]
        assert said(document) == twiml.NO_HUMAN


@pytest.mark.parametrize("outcome", [Outcome.HANDED_OFF, Outcome.FAILED, None])
async def test_after_the_stream_comes_the_human(server: Server, outcome: Outcome | None) -> None:
    if outcome:
        server.calls.outcomes["CA1"] = outcome
    document = await server.twiml("/voice/after-stream")
    announced = "" if outcome is Outcome.HANDED_OFF else twiml.CONNECTING
    assert said(document) == announced
    assert goes_to_human(document)


@pytest.mark.parametrize("outcome", [Outcome.COMPLETED, Outcome.ABANDONED])
async def test_after_a_finished_call_comes_the_end(server: Server, outcome: Outcome) -> None:
    server.calls.outcomes["CA1"] = outcome
    assert verbs(await server.twiml("/voice/after-stream")) == ["Hangup"]


async def test_after_the_stream_a_broken_server_still_gives_the_human(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.calls.broken = True
    assert goes_to_human(await server.twiml("/voice/after-stream"))
    assert "the database is away" in caplog.text


async def test_a_stream_error_tears_the_call_down(server: Server) -> None:
    for event in ("stream-started", "stream-stopped"):
        response = await server.post("/voice/stream-status", {"StreamEvent": event})
        assert response.status_code == 204
    assert server.calls.failed == []
    error = {"StreamEvent": "stream-error", "StreamError": "31951"}
    assert (await server.post("/voice/stream-status", error)).content == b""
    assert server.calls.failed == ["CA1"]


async def test_the_human_alone_hears_the_summary_and_presses_a_key(server: Server) -> None:
    document = await server.twiml("/voice/whisper?call=CA1", {"CallSid": "CA9"})
    assert verbs(document) == ["Gather", "Hangup"]
    gather = document[0]
    assert gather.get("numDigits") == "1"
    assert gather.get("action") == "https://voice.example.com/voice/whisper-accept?call=CA1"
    assert said(document) == f"CA1: 요금제 <변경> 문의입니다.  {twiml.PRESS_ONE}"
    accepted = await server.twiml("/voice/whisper-accept?call=CA1", {"Digits": "1"})
    assert verbs(accepted) == []
    assert server.calls.statuses == [("CA1", "accepted")]


async def test_another_key_does_not_connect(server: Server) -> None:
    for fields in ({"Digits": "2"}, {}):
        assert verbs(await server.twiml("/voice/whisper-accept?call=CA1", fields)) == ["Hangup"]
    assert server.calls.statuses == []


async def test_without_a_summary_the_human_still_presses_a_key(server: Server) -> None:
    server.calls.broken = True
    document = await server.twiml("/voice/whisper?call=CA1")
    assert said(document) == f"{twiml.NO_SUMMARY} {twiml.PRESS_ONE}"
    assert verbs(await server.twiml("/voice/whisper-accept?call=CA1", {"Digits": "1"})) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"DialCallStatus": "no-answer"},
        {"DialCallStatus": "busy"},
        {"DialCallStatus": "failed"},
        {"DialCallStatus": "completed", "DialBridged": "false"},  # a voicemail
        {},
    ],
)
async def test_nobody_answered(server: Server, fields: dict[str, str]) -> None:
    document = await server.twiml("/voice/after-dial", fields)
    assert verbs(document) == ["Say", "Hangup"]
    assert "다시 전화 드리겠습니다" in said(document)
    assert server.calls.statuses == [("CA1", "callback_requested")]


@pytest.mark.parametrize(
    "fields",
    [{"DialCallStatus": "completed", "DialBridged": "true"}, {"DialCallStatus": "completed"}],
)
async def test_after_the_talk_comes_the_end(server: Server, fields: dict[str, str]) -> None:
    assert verbs(await server.twiml("/voice/after-dial", fields)) == ["Hangup"]
    assert server.calls.statuses == [("CA1", "completed")]


@asynccontextmanager
async def unsigned(config: WebhookConfig) -> AsyncIterator[httpx.Response]:
    async with running(config) as server:
        yield await server.client.post("/voice/incoming", content=urlencode(INCOMING))


@pytest.mark.parametrize(
    ("config", "status"),
    [
        (replace(CONFIG, development=True, auth_token=""), 200),
        (replace(CONFIG, development=True), 200),
        (replace(CONFIG, auth_token=""), 403),
        (replace(CONFIG, development=True, account_sid="AC2"), 403),
    ],
)
async def test_development_alone_takes_unsigned_webhooks(
    config: WebhookConfig, status: int
) -> None:
    request: AbstractAsyncContextManager[httpx.Response] = unsigned(config)
    async with request as response:
        assert response.status_code == status


async def test_development_without_tls_streams_over_ws() -> None:
    config = replace(CONFIG, development=True, public_url="http://127.0.0.1:8000")
    async with unsigned(config) as response:
        assert 'url="ws://127.0.0.1:8000/voice/stream"' in response.text


async def test_an_empty_token_signs_nothing() -> None:
    async with running(replace(CONFIG, auth_token="")) as server:
        signature = RequestValidator("").compute_signature(ORIGIN + "/voice/incoming", INCOMING)
        response = await server.client.post(
            "/voice/incoming",
            content=urlencode(INCOMING),
            headers={"X-Twilio-Signature": signature},
        )
        assert response.status_code == 403


async def test_development_alone_answers_an_empty_form() -> None:
    async with running(replace(CONFIG, development=True, account_sid="")) as server:
        assert (await server.client.post("/voice/incoming")).status_code == 200
    async with running() as server:
        assert (await server.client.post("/voice/incoming")).status_code == 403


@on_virtual_time
async def test_nobody_waits_for_a_database_to_let_go() -> None:
    async def stuck(call_sid: str) -> Outcome | None:
        try:
            return await asyncio.Future()
        finally:
            await asyncio.sleep(60)

    async with running() as server:
        loop = asyncio.get_running_loop()
        server.calls.outcome = stuck  # type: ignore[method-assign]
        answer = await server.twiml("/voice/after-stream")
        assert answer.find("Dial") is not None
        assert loop.time() < 15, "the carrier waits no longer"
