"""The carrier's webhooks: what a call does before, beside and after its stream.

Whatever fails here, the caller reaches a human or hears an apology: a webhook answers with TwiML
and not with an error of the server.
"""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, TypeVar
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from storage.patience import within
from storage.privacy import mask
from storage.records import Outcome
from voice.telephony import signature, twiml
from voice.telephony.numbers import normalise_caller
from voice.telephony.signature import Form, Signatures
from voice.telephony.tokens import PendingCalls, Recent

log = logging.getLogger(__name__)

HandoffStatus = Literal["accepted", "completed", "callback_requested"]
"""The human pressed 1; they talked and hung up; nobody took the call and we owe a call-back."""

_MAX_FORM_BYTES = 64 * 1024
_ANSWER_WITHIN_S = 8.0
"""For what the webhooks ask of the calls; the carrier waits 15 s."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class WebhookConfig:
    """What the webhooks must know of the installation."""

    public_url: str
    """Origin under which the carrier reaches the server, without a slash at its end."""
    auth_token: str
    account_sid: str
    """Other accounts are refused; empty accepts any account that signs with the token."""
    human_number: str
    """E.164; empty where there is none."""
    development: bool
    """Accepts unsigned webhooks."""
    max_calls: int


class CallDirectory(Protocol):
    """What the webhooks ask of the calls, and tell them."""

    @property
    def draining(self) -> bool:
        """True when no new calls are taken, because the server is being stopped."""
        ...

    def live_calls(self) -> int:
        """How many calls are on the line."""
        ...

    async def outcome(self, call_sid: str) -> Outcome | None:
        """How the call's stream ended; None for a call that nobody knows."""
        ...

    async def whisper_text(self, call_sid: str) -> str:
        """The summary that the human hears before the call is connected; may be empty."""
        ...

    async def handoff_status(self, call_sid: str, status: HandoffStatus) -> None:
        """What became of the call at the human's end."""
        ...

    def stream_failed(self, call_sid: str) -> None:
        """The carrier gave the stream up: the call must be torn down."""
        ...


class _Xml(Response):
    media_type = "text/xml"


def create_webhooks(
    config: WebhookConfig,
    calls: CallDirectory,
    pending: PendingCalls,
    *,
    clock: Callable[[], float],
) -> APIRouter:
    """The router of the webhooks; `clock` gives seconds, of the same kind as that of `pending`."""
    router = APIRouter(prefix="/voice", default_response_class=_Xml, include_in_schema=False)
    signatures = Signatures(auth_token=config.auth_token, public_url=config.public_url)
    turned_away: Recent[str] = Recent(clock, ttl_s=60.0)

    async def signed(request: Request) -> Form:
        """The form of a request that the carrier signed."""
        fields = await _read_form(request)
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        given = request.headers.get(signature.HEADER)
        if not config.development and not signatures.webhook_valid(path, fields, given):
            log.warning("refused a webhook with %s signature", "a wrong" if given else "no")
            raise HTTPException(403, "the signature does not match")
        if config.account_sid and fields.get("AccountSid") != config.account_sid:
            log.warning("refused a webhook of another account")
            raise HTTPException(403, "the account is not ours")
        return fields

    Signed = Annotated[Form, Depends(signed)]  # noqa: N806 - a type
    ParentCall = Annotated[str, Query(alias="call", min_length=1, max_length=128)]  # noqa: N806

    def human(call_sid: str, announcement: str) -> str:
        return twiml.to_human(
            config.public_url,
            number=config.human_number,
            call_sid=call_sid,
            announcement=announcement,
        )

    @router.post("/incoming")
    async def incoming(fields: Signed) -> _Xml:
        if config.development and "CallSid" not in fields:
            # Clients that only imitate a carrier post an empty form, and name the call later.
            return _Xml(twiml.connect_stream(config.public_url, "development"))
        call_sid = _call_sid(fields)
        # The carrier may ask again about the same call: it gets the same answer, however full
        # the house has become meanwhile.
        if not pending.waiting(call_sid) and (answer := turned_away.get(call_sid)):
            return _Xml(answer)
        on_the_line = calls.live_calls() + len(pending)
        full = calls.draining or on_the_line >= config.max_calls
        if full and not pending.waiting(call_sid):
            why = "draining" if calls.draining else f"{on_the_line} calls are on the line"
            log.warning("call %s goes to the human: %s", call_sid, why)
            answer = human(call_sid, twiml.BUSY)
            turned_away.put(call_sid, answer)
            return _Xml(answer)
        token = pending.announce(
            call_sid,
            caller=normalise_caller(fields.get("From", "")),
            called=normalise_caller(fields.get("To", "")),
        )
        return _Xml(twiml.connect_stream(config.public_url, token))

    @router.post("/after-stream")
    async def after_stream(fields: Signed) -> _Xml:
        call_sid = _call_sid(fields)
        outcome = await _or_none(calls.outcome(call_sid), "outcome")
        if outcome in {Outcome.COMPLETED, Outcome.ABANDONED}:
            return _Xml(twiml.hang_up())
        # Who was handed off has been told so by the agent; who fell out of the stream has not.
        announcement = "" if outcome is Outcome.HANDED_OFF else twiml.CONNECTING
        return _Xml(human(call_sid, announcement))

    @router.post("/stream-status", status_code=204, response_class=Response)
    async def stream_status(fields: Signed) -> None:
        if fields.get("StreamEvent") == "stream-error":
            call_sid = _call_sid(fields)
            log.error("stream of call %s failed: %s", call_sid, mask(fields.get("StreamError", "")))
            calls.stream_failed(call_sid)

    @router.post("/whisper")
    async def whisper(_: Signed, call_sid: ParentCall) -> _Xml:
        text = await _or_none(calls.whisper_text(call_sid), "whisper")
        return _Xml(twiml.whisper(config.public_url, text=text or "", call_sid=call_sid))

    @router.post("/whisper-accept")
    async def whisper_accept(fields: Signed, call_sid: ParentCall) -> _Xml:
        if fields.get("Digits") != "1":
            return _Xml(twiml.hang_up())
        await _or_none(calls.handoff_status(call_sid, "accepted"), "handoff")
        return _Xml(twiml.bridge())

    @router.post("/after-dial")
    async def after_dial(fields: Signed) -> _Xml:
        call_sid = _call_sid(fields)
        answered = _bridged(fields)
        status: HandoffStatus = "completed" if answered else "callback_requested"
        await _or_none(calls.handoff_status(call_sid, status), "handoff")
        return _Xml(twiml.hang_up() if answered else twiml.nobody_answered())

    return router


def _bridged(fields: Form) -> bool:
    """True if the human and the caller talked.

    A voicemail, or a human who pressed nothing, ends in `completed` too, but was not bridged.
    """
    if "DialBridged" in fields:
        return fields["DialBridged"].lower() == "true"
    return fields.get("DialCallStatus") in {"completed", "answered"}


def _call_sid(fields: Form) -> str:
    call_sid = fields.get("CallSid", "")
    if not 0 < len(call_sid) <= 128:
        raise HTTPException(422, "CallSid is missing")
    return call_sid


async def _read_form(request: Request) -> Form:
    """All fields, blank ones too: each of them is signed."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_FORM_BYTES:
            raise HTTPException(413, "the form is too large")
    pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
    return signature.form(pairs)


async def _or_none(asked: Coroutine[Any, Any, T], what: str) -> T | None:
    """What the calls answer, or None when they cannot in time: the caller must not wait for it."""
    try:
        return await within(_ANSWER_WITHIN_S, asked, what)
    except Exception:
        log.exception("the calls did not answer: %s", what)
        return None
