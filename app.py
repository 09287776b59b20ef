"""The application: `create_app(settings)` wires every part; only this module knows them all."""

import asyncio
import logging
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import FastAPI

from agent.conversation import CallContext, Conversation
from agent.factory import AgentFactory
from agent.hearing import Hearing
from agent.prompts import all_prompts
from agent.summary import summarize
from chat import open_chat_model
from console.app import create_console
from knowledge.cases import SimilarCases
from knowledge.ingest import home_of
from knowledge.live import LiveKnowledge
from knowledge.provenance import note_published
from knowledge.service import Knowledge, open_knowledge
from probes import add_probes
from settings import Settings
from storage.calls import CallStore
from storage.cases import CaseStore
from storage.change_requests import ChangeRequests
from storage.clear import ServiceCalls
from storage.customers import CustomerStore
from storage.errors import StorageError
from storage.history import CallHistory
from storage.home import ServerHome
from storage.ingestions import IngestionStore
from storage.journal import Journal
from storage.ledger import Ledger
from storage.organizations import ensure_organization
from storage.orphans import Orphans, Recovery
from storage.outbox import JobKind, Outbox, OutboxWorker
from storage.prompts import PromptStore
from storage.recordings.finishing import RecordingFinisher
from storage.recordings.older import OlderRecordings
from storage.records import Job
from storage.usage import UsageStore
from stores import journal_folder, open_case_index, open_database, open_retention
from voice.audio import mulaw
from voice.playout import PlayoutCounters
from voice.services import CallLimits, CallServices
from voice.stt.models import fetch, resolve
from voice.stt.whisper import WhisperTranscriber
from voice.switchboard import Switchboard
from voice.telephony.directory import Directory
from voice.telephony.session import StreamCounters
from voice.telephony.signature import Signatures
from voice.telephony.stream import Invitations, create_stream_route
from voice.telephony.tokens import PendingCall, PendingCalls
from voice.telephony.webhooks import WebhookConfig, create_webhooks
from voice.tts.cache import PromptVoice
from voice.tts.prompts import prompts
from voice.turns.patience import KoreanPatience
from voice.turns.vad import SileroVad
from voices import keep_warm, open_voice

logger = logging.getLogger(__name__)

SEOUL = ZoneInfo("Asia/Seoul")
SAMPLE_ORGANIZATION = "sample"

_ORPHAN_MARGIN = timedelta(minutes=2)
"""Beyond the longest permitted call: its goodbye, and its record."""

_PATIENT_S = 30.0
"""In development: clients that imitate a carrier may send nothing while they do not speak."""


def utc_now() -> datetime:
    """The clock of the application."""
    return datetime.now(UTC)


class Yeoboseyo:
    """Everything that the running application holds; see `create_app`."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self.clock = clock
        self._model = resolve(
            settings.stt_model,
            device=settings.stt_device,
            compute_type=settings.stt_compute_type,
            context=settings.stt_context,
        )
        fetch(self._model)  # What is missing is said at once, not when the server starts.
        self.database = open_database(settings)
        self.home = ServerHome(settings.data_dir)
        server = self.home.server_id
        self.store = CallStore(
            self.database, settings.organization, clock=self.clock, server=server
        )
        self.clear_calls = ServiceCalls(self.database, settings.organization)
        self.customers = CustomerStore(self.database, settings.organization)
        self.recordings = RecordingFinisher(self.database, settings.organization, settings.data_dir)
        self.outbox = Outbox(self.database, settings.organization)
        self.worker = OutboxWorker(
            self.outbox,
            {
                JobKind.SUMMARIZE: self._summarize,
                JobKind.INDEX_CASE: self._index_case,
                JobKind.FINISH_RECORDING: self._finish_recording,
            },
            clock=self.clock,
        )
        self.journal = Journal(
            journal_folder(settings),
            self.database.vault,
            settings.organization,
            clock=self.clock,
        )
        self.ledger = Ledger(self.store, self.journal, clock=self.clock, on_ended=self.worker.poke)
        self.recovery = Recovery(
            Orphans(self.database, settings.organization, settings.data_dir),
            self.ledger,
            server=server,
            longest_call=timedelta(minutes=settings.max_call_minutes) + _ORPHAN_MARGIN,
            on_closed=self.worker.poke,
            clock=self.clock,
        )
        self.counters = StreamCounters()
        self.playout = PlayoutCounters()
        self.ready = False
        self.transcriber: WhisperTranscriber
        self.switchboard: Switchboard
        self.live: LiveKnowledge
        self.cases: SimilarCases
        self.voice: PromptVoice
        self.agents: AgentFactory

    async def start(self, app: FastAPI, stack: AsyncExitStack) -> None:
        """Opens and warms every part, then adds the routes; nothing is loaded within a call."""
        settings = self.settings
        stack.callback(self.home.release)
        self.home.lock()
        stack.push_async_callback(self.database.close)
        await self._open_database()
        prompts_used = PromptStore(self.database, settings.organization)
        await prompts_used.register(all_prompts(), self.clock())
        stack.push_async_callback(self.journal.close)
        await self.recovery.start()
        self.live = LiveKnowledge(
            await asyncio.to_thread(self._open_knowledge),
            home=home_of(settings.data_dir, settings.organization),
            reopen=self._open_knowledge,
            switched=self._switched,
        )
        stack.callback(self.live.close)
        await self.knowledge.retriever.warm()
        self.cases = SimilarCases(
            await asyncio.to_thread(open_case_index, settings, self.knowledge.embedder),
            CaseStore(self.database, settings.organization),
        )
        stack.callback(self.cases.close)
        if self.knowledge.changed:
            ingestions = IngestionStore(self.database, settings.organization)
            run_id = await ingestions.begin("start", self.clock())
            await note_published(ingestions, run_id, self.knowledge, self.clock)
        self.transcriber = await asyncio.to_thread(self._recogniser)
        stack.push_async_callback(self.transcriber.close)
        await self.transcriber.warm()
        self.voice = open_voice(settings, self.knowledge.catalog, stack)
        *remote, local = self.voice.stored
        fixed = prompts(settings.organization_name)
        await local.warm(fixed)
        self.agents = AgentFactory(
            catalog=self.knowledge.catalog,
            lexicon=self.knowledge.lexicon,
            retriever=self.knowledge.retriever,
            customers=self.customers,
            history=CallHistory(self.database, settings.organization),
            cases=self.cases,
            ledger=ChangeRequests(self.database, settings.organization, clock=self.clock),
            model=open_chat_model(
                settings, UsageStore(self.database, settings.organization), self.clock
            ),
        )
        stack.push_async_callback(self.agents.aclose)
        await asyncio.to_thread(self.agents.warm_up)
        self.switchboard = Switchboard(
            organization_id=settings.organization,
            ledger=self.ledger,
            services=CallServices(
                transcriber=self.transcriber,
                synthesizer=self.voice,
                journal=self.ledger,
                patience=KoreanPatience(self.knowledge.analyzer.morphemes),
                at_hand=self.voice.at_hand,
                playout=self.playout,
            ),
            limits=CallLimits(
                max_turn_s=settings.max_turn_s,
                max_call_s=settings.max_call_minutes * 60,
                no_media_s=_PATIENT_S if settings.development else CallLimits.no_media_s,
            ),
            vad=SileroVad(),
            dialogues=self.converse,
            data_dir=settings.data_dir,
            vault=self.database.vault,
            clock=self.clock,
            on_closed=self.worker.poke,
        )
        self._add_routes(app)
        warming = [keep_warm(voice, fixed) for voice in remote]
        if self.agents.model is not None:
            warming.append(self.agents.model.accounts.run())
        for work in (
            self.worker.run(),
            self.ledger.run(),
            self.recovery.run(),
            self._seal_older_recordings(),
            self.live.run(),
            self.cases.run(),
            open_retention(settings, self.database, self.cases, self.clock).keep("server"),
            *warming,
        ):
            stack.push_async_callback(_cancelled, asyncio.create_task(work))
        self.ready = True

    @property
    def knowledge(self) -> Knowledge:
        """What new calls are answered from."""
        return self.live.current

    def _open_knowledge(self, expected: str | None = None) -> Knowledge:
        return open_knowledge(
            data_dir=self.settings.data_dir,
            organization=self.settings.organization,
            chroma_url=self.settings.chroma_url,
            embeddings=self.settings.embedding_choice,
            expected=expected,
        )

    async def _switched(self, knowledge: Knowledge) -> None:
        """New calls get agents that know the new version; the others keep theirs."""
        agents = replace(
            self.agents,
            catalog=knowledge.catalog,
            lexicon=knowledge.lexicon,
            retriever=knowledge.retriever,
        )
        await asyncio.to_thread(agents.warm_up)
        self.agents = agents
        self.cases.follow(knowledge.embedder)

    async def drain(self) -> None:
        """See Switchboard."""
        await self.switchboard.drain()

    async def _open_database(self) -> None:
        settings = self.settings
        await self.database.migrate()
        if await self.database.passes_row_security():
            logger.warning(
                "the database's account is a superuser or has BYPASSRLS: PostgreSQL does not keep "
                "organizations apart for it. Make a role that is neither, as README tells."
            )
        if settings.organization == SAMPLE_ORGANIZATION:
            await self.customers.load_sample(organization_name=settings.organization_name)
        else:
            await ensure_organization(
                self.database, settings.organization, settings.organization_name
            )

    def _recogniser(self) -> WhisperTranscriber:
        """The ears of all calls, which know the names of the plans."""
        catalog = self.knowledge.catalog
        names = [family.name for family in catalog.families]
        names += [plan.name for plan in catalog.plans]
        return WhisperTranscriber(
            self._model,
            cpu_threads=self.settings.stt_threads,
            written=Hearing(catalog).written,
            hotwords=list(dict.fromkeys(names)),
        )

    def _add_routes(self, app: FastAPI) -> None:
        settings = self.settings
        loop = asyncio.get_running_loop()
        pending = PendingCalls(loop.time)
        token = settings.twilio_auth_token.get_secret_value()
        config = WebhookConfig(
            public_url=settings.public_url,
            auth_token=token,
            account_sid=settings.twilio_account_sid,
            human_number=settings.human_number,
            development=settings.development,
            max_calls=settings.max_calls,
        )
        directory = Directory(self.switchboard, self.ledger)
        app.include_router(create_webhooks(config, directory, pending, clock=loop.time))
        app.include_router(
            create_stream_route(
                switchboard=self.switchboard,
                invitations=Invitations(
                    pending,
                    account_sid=settings.twilio_account_sid,
                    development=settings.development,
                ),
                signatures=None
                if settings.development
                else Signatures(auth_token=token, public_url=settings.public_url),
                counters=self.counters,
            )
        )
        app.mount(
            "/console",
            create_console(
                self.database,
                settings.organization,
                settings.organization_name,
                settings.data_dir,
                pcm=mulaw.pcm,
                sample=self.knowledge.catalog.sample,
                secure_cookies=settings.public_url.startswith("https://"),
                clock=self.clock,
                plan_names={plan.id: plan.name for plan in self.knowledge.catalog.plans},
                similar=self.cases.search,
            ),
        )

    def converse(self, call: PendingCall) -> Conversation:
        """The agent's side of a call that begins now."""
        conversation = self.agents.conversation(
            CallContext(
                organization_id=self.settings.organization,
                organization_name=self.settings.organization_name,
                call_sid=call.call_sid,
                caller=call.caller,
                today=self.clock().astimezone(SEOUL).date(),
            )
        )
        self.live.keep_for(conversation)
        return conversation

    async def _summarize(self, job: Job) -> None:
        """Writes the summary of a call that has ended."""
        call = await self.clear_calls.get(job.payload["call_id"])
        if call is not None:
            summary = await summarize(call, self.knowledge.catalog, self.agents.model)
            await self.store.save_summary(call.id, summary)

    async def _seal_older_recordings(self) -> None:
        """Seals what version 0.1 recorded."""
        older = OlderRecordings(
            self.database, self.settings.organization, self.settings.data_dir, mulaw.from_pcm
        )
        try:
            sealed = await older.seal(self.clock())
        except (StorageError, OSError, wave.Error) as error:
            logger.error("older recordings lie open still: %s", error)  # noqa: TRY400
        else:
            if sealed:
                logger.info("%d older recordings were sealed", sealed)
                self.worker.poke()

    async def _finish_recording(self, job: Job) -> None:
        """Makes a closed recording whole and silent where nobody may listen."""
        await self.recordings.finish(job.payload["call_id"])

    async def _index_case(self, job: Job) -> None:
        """Makes a summarised call findable as a case."""
        await self.cases.add(job.payload["call_id"])


def create_app(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> FastAPI:
    """The application; `clock` tells its dates, aware.

    Raises:
        TranscriptionError: the speech model cannot be had; the message says what to do.
    """
    yeoboseyo = Yeoboseyo(settings, clock)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await yeoboseyo.start(app, stack)
            yield

    app = FastAPI(
        title="여보세요", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.yeoboseyo = yeoboseyo

    add_probes(app, yeoboseyo)
    return app


async def _cancelled(task: asyncio.Task[None]) -> None:
    """Ends a background task."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
