"""What the webhooks learn about calls: live ones from the switchboard, the rest from the ledger."""

from storage.ledger import Ledger
from storage.records import HandoffStatus, Outcome
from voice.switchboard import Switchboard
from voice.telephony.webhooks import HandoffStatus as WebhookStatus

_STATUS = {
    "accepted": HandoffStatus.ANSWERED,
    "completed": HandoffStatus.ANSWERED,
    "callback_requested": HandoffStatus.CALLBACK_REQUESTED,
}


class Directory:
    """The real CallDirectory of the webhooks."""

    def __init__(self, switchboard: Switchboard, ledger: Ledger) -> None:
        self._switchboard = switchboard
        self._ledger = ledger

    @property
    def draining(self) -> bool:
        """See CallDirectory."""
        return self._switchboard.draining

    def live_calls(self) -> int:
        """See CallDirectory."""
        return self._switchboard.live_calls

    async def outcome(self, call_sid: str) -> Outcome | None:
        """See CallDirectory."""
        return await self._ledger.outcome(call_sid)

    async def whisper_text(self, call_sid: str) -> str:
        """See CallDirectory."""
        return await self._ledger.brief(call_sid)

    async def handoff_status(self, call_sid: str, status: WebhookStatus) -> None:
        """See CallDirectory."""
        await self._ledger.handoff_status(call_sid, _STATUS[status])

    def stream_failed(self, call_sid: str) -> None:
        """See CallDirectory."""
        self._switchboard.stop(call_sid, "stream-error")
