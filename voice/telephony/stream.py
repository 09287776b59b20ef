"""The WebSocket route: who may open a stream, and which call it belongs to."""

import logging
from hmac import compare_digest

from fastapi import APIRouter, WebSocket

from voice.events import Started
from voice.switchboard import Switchboard
from voice.telephony.session import POLICY_VIOLATION, StreamCounters, StreamSession
from voice.telephony.signature import HEADER, Signatures
from voice.telephony.tokens import PendingCall, PendingCalls

logger = logging.getLogger(__name__)

PATH = "/voice/stream"
TOKEN_PARAMETER = "token"  # noqa: S105 - the parameter's name, not a token


class Invitations:
    """Admits streams that a webhook announced: right account, right call, unused token."""

    def __init__(self, pending: PendingCalls, *, account_sid: str, development: bool) -> None:
        self._pending = pending
        self._account_sid = account_sid
        self._development = development

    def admit(self, started: Started) -> PendingCall | None:
        """The announced call, or None. Development admits what nobody announced, as withheld."""
        if self._development:
            announced = self._pending.take(started.call_sid)
            return announced or PendingCall(
                call_sid=started.call_sid, caller="", called="", minted_at=0.0
            )
        if self._account_sid and not compare_digest(
            started.account_sid.encode(), self._account_sid.encode()
        ):
            logger.warning("stream of another account refused")
            return None
        token = started.parameters.get(TOKEN_PARAMETER, "")
        return self._pending.redeem(token, started.call_sid)


def create_stream_route(
    *,
    switchboard: Switchboard,
    invitations: Invitations,
    signatures: Signatures | None,
    counters: StreamCounters,
) -> APIRouter:
    """The route; without `signatures` (development) upgrades are not checked."""
    router = APIRouter()

    @router.websocket(PATH)
    async def stream(websocket: WebSocket) -> None:
        signature = websocket.headers.get(HEADER)
        if signatures is not None and not signatures.stream_valid(PATH, signature):
            counters.refused += 1
            logger.warning("stream with a wrong or missing signature refused")
            await websocket.close(POLICY_VIOLATION)
            return
        await websocket.accept()
        session = StreamSession(
            websocket, switchboard=switchboard, doorkeeper=invitations, counters=counters
        )
        await session.run()

    return router
