"""What the webhooks learn about calls: live ones from the switchboard, the rest from storage."""

from storage.calls import CallStore
from storage.errors import StorageError
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

    def __init__(self, switchboard: Switchboard, store: CallStore, ledger: Ledger) -> None:
        self._switchboard = switchboard
        self._ledger = ledger
        self._store = store

    @property
    def draining(self) -> bool:
        """See CallDirectory."""
        return self._switchboard.draining

    def live_calls(self) -> int:
        """See CallDirectory."""
        return self._switchboard.live_calls

    async def outcome(self, call_sid: str) -> Outcome | None:
        """See CallDirectory."""
        call = await self._store.by_sid(call_sid)
        return None if call is None else call.outcome

    async def whisper_text(self, call_sid: str) -> str:
        """See CallDirectory."""
        call = await self._store.by_sid(call_sid)
        handoff = None if call is None else await self._store.handoff(call.id)
        return "" if handoff is None else handoff.summary_text

    async def handoff_status(self, call_sid: str, status: WebhookStatus) -> None:
        """See CallDirectory."""
        try:
            await self._ledger.handoff_status(call_sid, _STATUS[status])
        except StorageError as error:
            # A call that a full house sent to the human at once has no record here.
            if error.code != "unknown_call":
                raise

    def stream_failed(self, call_sid: str) -> None:
        """See CallDirectory."""
        self._switchboard.stop(call_sid, "stream-error")
