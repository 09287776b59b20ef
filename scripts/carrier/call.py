"""One simulated call: the webhook, the stream in real time, and what comes after the stream.

Keyless Twilio, for tests, demonstrations and the command `yeoboseyo call`. All time is the event
loop's, so over a transport in memory a call runs on a virtual clock.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace

import httpx

from scripts.carrier.documents import Dial, Gather, Hangup, Redirect, Say, Stream, Verb
from scripts.carrier.errors import CarrierError, RefusedError
from scripts.carrier.exchange import Exchange
from scripts.carrier.leg import FRAME_S, Leg
from scripts.carrier.line import Line, Run
from scripts.carrier.results import AfterStream, Reply, Report
from scripts.carrier.transport import HANDSHAKE_FAILED, Connector, open_websocket

_ACCOUNT = "AC" + "0" * 32
_MAX_DOCUMENTS = 20
"""A server that redirects in circles is cut off."""


class SimulatedCall:
    """A caller at a simulated carrier.

    `url` is where the server is reached; `public_url` is the origin that it is configured with,
    over which signatures are made: the same, unless a proxy stands between. `human_answers` says
    whether the human picks up and presses 1. `tell` gets a line of text a happening.
    """

    def __init__(
        self,
        url: str,
        *,
        caller: str = "+821012345678",
        called: str = "+8215880000",
        auth_token: str = "",
        account_sid: str = "",
        public_url: str = "",
        call_sid: str = "",
        human_answers: bool = True,
        http: httpx.AsyncClient | None = None,
        connect: Connector = open_websocket,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.call_sid = call_sid or "CA" + secrets.token_hex(16)
        self.line = Line()
        """What the caller hears."""
        self.caller_audio_ended_at: float | None = None
        """Loop time of the last frame of the caller's last utterance, or of the last key."""
        self.after_stream: AfterStream | None = None
        """Set when the server ended the stream, or never began one."""
        self.close_code: int | None = None
        """With which the server closed the last WebSocket."""
        self.errors: list[str] = []
        self._account_sid = account_sid or _ACCOUNT
        self._caller = caller
        self._called = called
        self._url = url.rstrip("/")
        self._public_url = (public_url or url).rstrip("/")
        self._auth_token = auth_token
        self._human_answers = human_answers
        self._given_http = http
        self._connect = connect
        self._tell = tell
        self._leg: Leg | None = None
        self._legs: list[Leg] = []
        self._life: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()
        self._hung_up = False
        self._dialled_at = 0.0
        self._since = 0.0
        self._reply_ms: list[float] = []
        self._said: list[str] = []
        self._human: AfterStream | None = None

    @property
    def streaming(self) -> bool:
        """True while the call is connected to the server's stream."""
        return self._leg is not None

    @property
    def first_reply_audio_at(self) -> float | None:
        """Loop time of the first agent audio since the caller stopped; None when there is none."""
        since = self.caller_audio_ended_at or self._dialled_at
        return next((run.started_at for run in self.line.runs if run.started_at >= since), None)

    # What the caller does.

    async def dial(self) -> None:
        """Ring the server; returns when the stream has started, or the call went elsewhere.

        Raises CarrierError: "unreachable", "forbidden", "bad-answer".
        """
        self._since = self._dialled_at = asyncio.get_running_loop().time()
        self._life = asyncio.create_task(self._live())
        answered = asyncio.create_task(self._answered.wait())
        await asyncio.wait({self._life, answered}, return_when=asyncio.FIRST_COMPLETED)
        answered.cancel()
        if self._life.done():
            self._life.result()

    async def say(self, mulaw: bytes) -> None:
        """Speak µ-law audio in real time; returns when its last frame is sent.

        Raises CarrierError with the code "call-ended", as all that a caller does on the line.
        """
        if mulaw:
            await self._stream().say(mulaw)
            self._wait_from_now()

    async def press(self, digits: str) -> None:
        """Press keys."""
        await self._stream().press(digits)
        self._wait_from_now()

    async def send_raw(self, frame: str | bytes) -> None:
        """Send a frame as it is: for tests of what a server does with a bad one."""
        await self._stream().send(frame)

    async def hang_up(self) -> None:
        """Hang up as the caller; returns when all is closed."""
        self._hung_up = True
        if self._leg is not None:
            await self._leg.hang_up()
        await self.wait_until_over()

    # What the caller waits for.

    async def wait_for_reply_start(self, *, timeout_s: float = 15.0) -> float:
        """Milliseconds from the end of the caller's audio to the first audio of the reply.

        Where a reply has been waited for since, from its end. Audio that was already playing when
        the caller stopped is no reply. Raises CarrierError: "no-reply", "call-ended".
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while not (runs := self._reply_runs()):
            if not self.streaming:
                raise CarrierError("call-ended", "the call ended without a reply")
            if loop.time() >= deadline:
                raise CarrierError("no-reply", f"no reply within {timeout_s:g} s")
            await asyncio.sleep(FRAME_S)
        return (runs[0].started_at - self._since) * 1000

    async def wait_for_reply(
        self, *, timeout_s: float = 15.0, settle_s: float = 0.7, longest_s: float = 60.0
    ) -> Reply:
        """The reply, when it has begun and finished.

        Finished: the buffer is empty, its marks are echoed, and nothing more came for `settle_s`;
        or the stream has ended. Asked again, it waits for the next one. Raises CarrierError:
        "no-reply", "call-ended".
        """
        after_ms = await self.wait_for_reply_start(timeout_s=timeout_s)
        await self.wait_for_quiet(settle_s=settle_s, longest_s=longest_s)
        self._reply_ms.append(after_ms)
        runs = self._reply_runs()
        self._since = asyncio.get_running_loop().time()
        return Reply(
            after_ms=after_ms,
            duration_ms=(runs[-1].ended_at - runs[0].started_at) * 1000 if runs else 0.0,
            audio=b"".join(bytes(run.audio) for run in runs),
        )

    async def wait_for_quiet(self, *, settle_s: float = 0.7, longest_s: float = 60.0) -> None:
        """Wait until the agent has said nothing for `settle_s`, or the stream has ended."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + longest_s
        while self.streaming:
            now = loop.time()
            if not self.line.playing(now) and now - self.line.ends_at >= settle_s:
                return
            if now >= deadline:
                raise CarrierError("no-reply", f"the reply did not end within {longest_s:g} s")
            await asyncio.sleep(FRAME_S)

    async def wait_until_over(self) -> None:
        """Wait until the call has ended, and with it what follows the stream."""
        if self._life is not None:
            await self._life

    def report(self) -> Report:
        """What was counted so far."""
        line = self.line
        return Report(
            frames_sent=sum(leg.frames_sent for leg in self._legs),
            frames_received=sum(leg.frames_received for leg in self._legs),
            audio_received_ms=sum(len(run.audio) for run in line.runs) / 8,
            underruns=line.underruns,
            underrun_ms=line.underrun_s * 1000,
            marks=line.marks,
            clears=line.clears,
            max_buffered_ms=line.max_buffered_s * 1000,
            reply_ms=tuple(self._reply_ms),
            errors=tuple(self.errors),
        )

    # What the carrier does.

    def _stream(self) -> Leg:
        if self._leg is None:
            raise CarrierError("call-ended", "the stream has ended")
        return self._leg

    def _wait_from_now(self) -> None:
        self._since = self.caller_audio_ended_at = asyncio.get_running_loop().time()

    def _reply_runs(self) -> list[Run]:
        return [run for run in self.line.runs if run.started_at >= self._since]

    def _fields(self, **more: str) -> dict[str, str]:
        """The fields of every webhook of this call."""
        return {
            "CallSid": self.call_sid,
            "AccountSid": self._account_sid,
            "From": self._caller,
            "To": self._called,
            "Caller": self._caller,
            "Called": self._called,
            "CallStatus": "in-progress",
            "Direction": "inbound",
            "ApiVersion": "2010-04-01",
        } | more

    async def _live(self) -> None:
        http = self._given_http or httpx.AsyncClient(trust_env=False)
        exchange = Exchange(
            http, url=self._url, public_url=self._public_url, auth_token=self._auth_token
        )
        try:
            verbs = await exchange.ask("/voice/incoming", self._fields(CallStatus="ringing"))
            for _ in range(_MAX_DOCUMENTS):
                following = await self._perform(exchange, verbs)
                if following is None:
                    break
                verbs = following
            else:
                raise CarrierError("bad-answer", "the documents follow one another without end")
        finally:
            if self._given_http is None:
                await http.aclose()
        if self._human is not None or not self._hung_up:
            where = self._human or AfterStream(kind="hangup")
            self.after_stream = replace(where, said=tuple(self._said))

    async def _perform(self, exchange: Exchange, verbs: list[Verb]) -> list[Verb] | None:
        """Do what a document says; the document that follows, or None at the call's end."""
        for verb in verbs:
            match verb:
                case Say(text=text):
                    self._said.append(text)
                    self._tell(f"the carrier says: {text}")
                case Redirect(url=url):
                    return await exchange.ask(url, self._fields())
                case Stream():
                    await self._carry(exchange, verb)
                    if self._hung_up:
                        return None
                    if verb.action:
                        return await exchange.ask(verb.action, self._fields())
                case Dial():
                    return await self._ring_human(exchange, verb)
                case Gather():
                    raise CarrierError("bad-answer", "<Gather> is for the human's leg alone")
                case Hangup():
                    break
        self._tell("the carrier hangs up")
        return None

    async def _carry(self, exchange: Exchange, stream: Stream) -> None:
        """One stream, from its upgrade to its end."""
        url, headers = exchange.stream(stream.url)
        status: asyncio.Task[None] | None = None
        stream_sid = ""
        try:
            transport = await self._connect(url, headers)
            leg = Leg(transport, self.line, call_sid=self.call_sid, account_sid=self._account_sid)
            self._legs.append(leg)
            stream_sid = leg.stream_sid
            await leg.open(stream.parameters)
            self._leg = leg
            self._tell(f"connected to {url}")
            self._answered.set()
            status = asyncio.create_task(
                self._report_status(exchange, stream, stream_sid, "stream-started")
            )
            await leg.run()
            event, error = "stream-stopped", ""
            self.close_code = leg.close_code
        except CarrierError as failure:
            number = failure.number if isinstance(failure, RefusedError) else HANDSHAKE_FAILED
            event, error = "stream-error", f"{number}: {failure.message}"
            self.errors.append(failure.message)
            self._tell(f"the stream failed: {failure.message}")
        finally:
            self._leg = None
        if status is not None:
            await status
        await self._report_status(exchange, stream, stream_sid, event, error)

    async def _report_status(
        self, exchange: Exchange, stream: Stream, stream_sid: str, event: str, error: str = ""
    ) -> None:
        """The stream's status callback; a call goes on, whatever is answered."""
        if not stream.status_callback:
            return
        fields = self._fields(StreamEvent=event, StreamSid=stream_sid, StreamError=error)
        try:
            await exchange.post(stream.status_callback, fields)
        except CarrierError as failure:
            self.errors.append(f"status callback: {failure.message}")

    async def _ring_human(self, exchange: Exchange, dial: Dial) -> list[Verb] | None:
        """Ring the human, who hears the whisper and presses 1, or does not pick up."""
        self._tell(f"handed off to {dial.number}")
        whisper, connected = "", False
        if self._human_answers:
            whisper, connected = await self._whisper(exchange, dial)
        self._human = AfterStream(
            kind="human", number=dial.number, whisper=whisper, connected=connected
        )
        if not dial.action:
            return None
        status = "completed" if connected else "no-answer"
        fields = self._fields(DialCallStatus=status, DialBridged=str(connected).lower())
        return await exchange.ask(dial.action, fields)

    async def _whisper(self, exchange: Exchange, dial: Dial) -> tuple[str, bool]:
        """What the human hears, and whether the call was connected then."""
        heard: list[str] = []
        fields = self._fields(
            CallSid="CA" + secrets.token_hex(16), To=dial.number, Direction="outbound-dial"
        )
        verbs = await exchange.ask(dial.whisper_url, fields) if dial.whisper_url else []
        while verbs:
            verb, *verbs = verbs
            match verb:
                case Say(text=text):
                    heard.append(text)
                case Gather(says=says, action=action):
                    heard += [say.text for say in says]
                    self._tell(f"the human hears: {' '.join(heard)}")
                    verbs = await exchange.ask(action, fields | {"Digits": "1"})
                case _:
                    return " ".join(heard), False
        return " ".join(heard), True
