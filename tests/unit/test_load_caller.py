"""The load test's caller, against websockets' own protocol, on the virtual clock."""

import asyncio
import os
from base64 import b64encode
from collections.abc import Awaitable, Callable

import pytest
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from scripts.bench.load_caller import LoadCaller, Turns, speech_loop
from scripts.bench.process import Cost, cost, cpu_percent
from scripts.carrier.errors import CarrierError
from tests.support.virtual_time import run_virtual
from voice.events import CarrierEvent, Connected, MarkReached, Media, Started, Stopped
from voice.telephony import twilio

SPEECH = b"\x30" * 160 * 50
"""One second."""


class Server(asyncio.Transport):
    """The other end of the caller's transport: websockets' protocol, and what it understood."""

    def __init__(self) -> None:
        super().__init__()
        self.protocol = ServerProtocol()
        self.caller: LoadCaller | None = None
        self.heard: list[tuple[float, CarrierEvent]] = []
        self.pongs: list[bytes] = []
        self.refuse = False
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.protocol.receive_data(bytes(data))
        for event in self.protocol.events_received():
            if isinstance(event, Request):
                refusal = self.protocol.reject(403, "no")
                answer = refusal if self.refuse else self.protocol.accept(event)
                self.protocol.send_response(answer)
                asyncio.get_running_loop().call_soon(self.flush)
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                heard = twilio.decode(bytes(event.data).decode())
                assert heard is not None
                self.heard.append((asyncio.get_running_loop().time(), heard))
            elif isinstance(event, Frame) and event.opcode is Opcode.PONG:
                self.pongs.append(bytes(event.data))

    def close(self) -> None:
        self.closed = True

    def flush(self) -> None:
        """Give the caller what the protocol has for it, in two pieces."""
        data = b"".join(self.protocol.data_to_send())
        assert self.caller is not None
        self.caller.data_received(data[:7])
        self.caller.data_received(data[7:])

    def send(self, text: str) -> None:
        self.protocol.send_text(text.encode())
        self.flush()

    def sid(self) -> str:
        return next(event.stream_sid for _, event in self.heard if isinstance(event, Started))


class Call:
    """A caller that is connected to a server."""

    def __init__(self) -> None:
        self.turns = Turns(counting=True)
        self.ended: list[str] = []
        self.server = Server()
        self.caller = LoadCaller(
            speech_loop(SPEECH, silence_s=2.0), self.turns, on_end=self.ended.append
        )
        self.server.caller = self.caller


def hold(script: Callable[[Call], Awaitable[None]], *, refuse: bool = False) -> None:
    async def main() -> None:
        call = Call()
        call.server.refuse = refuse
        call.caller.connection_made(call.server)
        await script(call)

    run_virtual(main())


def test_the_frames_of_a_call() -> None:
    async def script(call: Call) -> None:
        await call.caller.opened
        await asyncio.sleep(6)
        call.caller.hang_up()
        events = [event for _, event in call.server.heard]
        assert isinstance(events[0], Connected)
        assert isinstance(events[1], Started)
        assert isinstance(events[-1], Stopped)
        assert call.server.closed
        media = [(at, event) for at, event in call.server.heard if isinstance(event, Media)]
        assert len(media) == pytest.approx(300, abs=1)
        began = media[0][0]
        for number, (at, event) in enumerate(media):
            assert at - began == pytest.approx(number * 0.02, abs=0.001)
            assert (event.timestamp_ms, event.sequence) == (number * 20, number + 2)
            speaking = number % 150 >= 100
            assert event.payload == (b"\x30" if speaking else b"\xff") * 160
        await asyncio.sleep(1)
        assert len(call.server.heard) == len(events)
        assert call.ended == []

    hold(script)


def test_turns_are_timed_from_the_last_frame_of_speech() -> None:
    async def script(call: Call) -> None:
        await call.caller.opened
        sid = call.server.sid()
        call.server.send(twilio.play(sid, b"\x10" * 8000))  # the greeting answers nothing
        await asyncio.sleep(2 + 0.98 + 0.7)
        call.server.send(twilio.play(sid, b"\x10" * 8000))
        call.server.send(twilio.play(sid, b"\x10" * 8000))
        assert call.turns.to_reply_ms == [pytest.approx(700, abs=1)]
        await asyncio.sleep(5)
        assert call.turns.unanswered == 1
        call.turns.counting = False
        await asyncio.sleep(5)
        assert call.turns.unanswered == 1

    hold(script)


def test_late_audio_and_echoes() -> None:
    async def script(call: Call) -> None:
        await call.caller.opened
        sid = call.server.sid()
        call.server.send(twilio.play(sid, b"\x10" * 800))
        await asyncio.sleep(0.15)
        call.server.send(twilio.play(sid, b"\x10" * 800))
        assert call.caller.line.underruns == 1
        call.server.send(twilio.mark(sid, "a"))
        await asyncio.sleep(0.15)
        echoes = [event for _, event in call.server.heard if isinstance(event, MarkReached)]
        assert echoes == [MarkReached(name="a")]
        call.server.send(twilio.play(sid, b"\x10" * 80_000))
        call.server.send(twilio.mark(sid, "b"))
        call.server.send(twilio.clear(sid))
        assert call.server.heard[-1][1] == MarkReached(name="b")

    hold(script)


def test_a_ping_is_answered() -> None:
    async def script(call: Call) -> None:
        await call.caller.opened
        call.server.protocol.send_ping(b"are you there")
        call.server.flush()
        assert call.server.pongs == [b"are you there"]

    hold(script)


def test_a_refused_upgrade() -> None:
    async def script(call: Call) -> None:
        with pytest.raises(CarrierError, match="403"):
            await call.caller.opened
        assert call.server.closed

    hold(script, refuse=True)


@pytest.mark.parametrize("how", ["close", "lost", "protocol"])
def test_a_server_that_ends_the_call_is_told(how: str) -> None:
    async def script(call: Call) -> None:
        await call.caller.opened
        if how == "close":
            call.server.protocol.send_close(1011)
            call.server.flush()
        elif how == "lost":
            call.caller.connection_lost(None)
        else:
            call.server.send('{"event":"media"}')
        call.caller.connection_lost(None)
        heard = len(call.server.heard)
        await asyncio.sleep(1)
        assert len(call.server.heard) == heard
        assert len(call.ended) == 1

    hold(script)


def test_a_loop_of_speech() -> None:
    loop = speech_loop(b"\x30" * 170, silence_s=0.06)
    assert loop.speech_frames == 2
    assert loop.payloads[0] == b64encode(b"\x30" * 160)
    assert loop.payloads[1] == b64encode(b"\x30" * 10 + b"\xff" * 150)
    assert loop.payloads[2:] == (b64encode(b"\xff" * 160),) * 3


def test_what_a_process_costs() -> None:
    before = cost(os.getpid())
    while (after := cost(os.getpid())).cpu_s == before.cpu_s:
        sum(range(10_000))
    assert after.at > before.at
    assert 1 < after.rss_mb < 100_000
    assert cpu_percent(
        Cost(at=10.0, cpu_s=1.0, rss_mb=1.0), Cost(at=12.0, cpu_s=1.5, rss_mb=1.0)
    ) == pytest.approx(25.0)
    with pytest.raises(ProcessLookupError):
        cost(2**22 + 1)
