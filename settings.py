"""All settings, read once from the environment and `.env`; a test keeps README's table complete."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from knowledge.embedding_choice import EmbeddingChoice
from storage.periods import Periods

REMOTE_VOICES = ("elevenlabs", "openai")
"""The voices over the network, in the order in which `auto` takes them."""


def _usual(name: str) -> AliasChoices:
    """A setting known by its usual name, with or without our prefix."""
    return AliasChoices(name, f"YEOBOSEYO_{name}")


def _names(listed: str) -> list[str]:
    """The names in a list with commas."""
    return [name.strip() for name in listed.split(",") if name.strip()]


class Settings(BaseSettings):
    """The product's settings. Every name is `YEOBOSEYO_<FIELD>`, or the usual name given here."""

    model_config = SettingsConfigDict(
        env_prefix="YEOBOSEYO_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the server listens on.")
    public_url: str = Field(
        "http://127.0.0.1:8000",
        description="Origin under which Twilio reaches the server; signatures are checked over it.",
    )
    data_dir: Path = Field(Path("data"), description="Database, index and recordings lie here.")
    database_url: str | None = Field(
        None, description="URL of the database; without it an SQLite file in the data directory."
    )
    keys: SecretStr = Field(
        SecretStr(""),
        description="Keys that seal personal data and recordings, `ID:BASE64,ID:BASE64`, the "
        "sealing one first; `yeoboseyo keys new` makes one. Needed unless in development.",
    )
    chroma_url: str | None = Field(
        None,
        validation_alias=_usual("CHROMA_URL"),
        description="A Chroma server; without it Chroma runs embedded in the data directory.",
    )
    embeddings: str = Field(
        "local",
        min_length=1,
        description="What makes the search's vectors: `local`, `openai`, or the name or folder of "
        "a sentence-transformers model.",
    )
    embeddings_model: str = Field(
        "text-embedding-3-small", description="OpenAI's model of the vectors."
    )
    embeddings_base_url: str | None = Field(
        None,
        description="Any server that speaks OpenAI's /embeddings; unset, that of the brain.",
    )
    embeddings_api_key: SecretStr = Field(
        SecretStr(""),
        description="Key of that server; unset, OPENAI_API_KEY, but not for a server of its own.",
    )
    development: bool = Field(
        False,
        description="Insecure: accepts unsigned webhooks and streams without a token. Never live.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="How much is logged."
    )

    organization: str = Field("sample", description="Id of the organization that is called.")
    organization_name: str = Field("여보세요 모바일", description="Its name as callers hear it.")
    human_number: str = Field(
        "", description="Where callers reach a human, E.164. Needed to serve real calls."
    )

    twilio_account_sid: str = Field(
        "", validation_alias=_usual("TWILIO_ACCOUNT_SID"), description="Refuses other accounts."
    )
    twilio_auth_token: SecretStr = Field(
        SecretStr(""),
        validation_alias=_usual("TWILIO_AUTH_TOKEN"),
        description="Signs and checks webhooks and streams. Needed unless in development.",
    )

    stt_model: str = Field(
        "demo",
        validation_alias=_usual("STT_MODEL"),
        description="`demo`, `auto`, a Whisper name, a hub id, or a CTranslate2 folder.",
    )
    stt_device: Literal["auto", "cpu", "cuda"] = Field(
        "auto",
        validation_alias=_usual("STT_DEVICE"),
        description="`cpu`, `cuda`, or `auto`: the GPU where there is one, except for `demo`.",
    )
    stt_compute_type: Literal[
        "auto",
        "int8",
        "int8_float32",
        "int8_float16",
        "int8_bfloat16",
        "float16",
        "bfloat16",
        "float32",
    ] = Field(
        "auto",
        validation_alias=_usual("STT_COMPUTE_TYPE"),
        description="CTranslate2's arithmetic; `auto` is float16 on a GPU, int8 on a CPU.",
    )
    stt_context: Literal["auto", "full", "short"] = Field(
        "auto",
        validation_alias=_usual("STT_CONTEXT"),
        description="What the encoder is given: `full` windows, `short` ones, or `auto`: full for "
        "finals, unless the model's folder says that it was trained on short ones.",
    )
    stt_threads: int = Field(2, ge=1, description="Threads of the recogniser.")

    brain: Literal["auto", "local", "openai"] = Field(
        "auto",
        description="`auto` takes OpenAI when a key or its server is set, else the local brain.",
    )
    openai_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=_usual("OPENAI_API_KEY"),
        description="Key of OpenAI, for the brain and the voice.",
    )
    openai_base_url: str | None = Field(
        None,
        validation_alias=_usual("OPENAI_BASE_URL"),
        description="Any server that speaks OpenAI's chat completions.",
    )
    openai_model: str = Field(
        "gpt-4.1-mini", validation_alias=_usual("OPENAI_MODEL"), description="The chat model."
    )
    openai_first_token_s: float = Field(
        2.5,
        gt=0,
        description="Seconds to wait for the model's next sign before the local brain takes over.",
    )
    openai_timeout_s: float = Field(
        6.0,
        gt=0,
        le=7,  # With a sentence said anew it stays below what a call waits for its agent.
        description="Seconds for a whole answer before the local brain takes over.",
    )
    openai_max_tokens: int = Field(
        400, ge=50, description="Tokens of one answer; a reasoning model needs more."
    )
    openai_read_price: float = Field(
        0.0, ge=0, description="Price of a million tokens that the model reads, for the accounts."
    )
    openai_write_price: float = Field(
        0.0, ge=0, description="Price of a million tokens that it writes."
    )
    openai_call_tokens: Annotated[
        int | None,
        Field(ge=1, description="Tokens of one call; beyond them the local brain answers."),
    ] = 300_000
    openai_day_tokens: Annotated[
        int | None,
        Field(ge=1, description="Tokens of the organization's day in Seoul; unset, no limit."),
    ] = None
    openai_day_cost: Annotated[
        float | None,
        Field(gt=0, description="Its cost, in the currency of the prices; unset, no limit."),
    ] = None
    openai_extra: dict[str, Any] = Field(
        {},
        description="JSON that each request carries besides, such as "
        '`{"reasoning_effort": "minimal"}` or '
        '`{"chat_template_kwargs": {"enable_thinking": false}}`.',
    )

    voices: str = Field(
        "auto",
        description="Who speaks, the best first, such as `elevenlabs,openai`; `auto` takes those "
        "that are set up. The local voice, `espeak`, always stands in.",
    )
    elevenlabs_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias=_usual("ELEVENLABS_API_KEY"),
        description="Key of ElevenLabs, which speaks when the id of a voice is set too.",
    )
    elevenlabs_voice: str = Field("", description="Id of the ElevenLabs voice.")
    elevenlabs_model: str = Field("eleven_flash_v2_5", description="The ElevenLabs model.")
    elevenlabs_stability: Annotated[
        float | None,
        Field(ge=0, le=1, description="How evenly it speaks; unset, as the voice was made."),
    ] = None
    elevenlabs_base_url: str | None = Field(
        None, description="Another server that speaks the ElevenLabs API."
    )
    openai_voice_model: str = Field(
        "",
        description="Speech model of the OpenAI voice, which speaks when this is set. None is set "
        "by itself: OpenAI shuts its present ones down on 2027-01-06.",
    )
    openai_voice: str = Field("alloy", description="Name of the OpenAI voice.")
    openai_voice_base_url: str | None = Field(
        None,
        description="Any server that speaks OpenAI's /audio/speech; unset, that of the brain.",
    )
    openai_voice_api_key: SecretStr = Field(
        SecretStr(""),
        description="Key of the OpenAI voice; unset, OPENAI_API_KEY, but not for a server of its "
        "own.",
    )
    voice_variant: str = Field("ko", description="espeak-ng voice, such as `ko` or `ko+f2`.")
    voice_rate_wpm: int = Field(160, ge=80, le=300, description="Speaking rate.")
    voice_pitch: int = Field(50, ge=0, le=99, description="Speaking pitch.")
    voice_cache_mb: int = Field(
        64,
        ge=1,
        description="MiB of fixed sentences that are kept as audio, on disk and in memory.",
    )

    retention: Periods = Field(
        Periods(),
        description="JSON: for how many days each kind of data is kept, such as "
        '`{"recordings": 30, "turns": 180}`; `yeoboseyo privacy periods` shows all.',
    )
    max_calls: int = Field(
        100, ge=1, description="Live calls a process; further callers reach the human at once."
    )
    max_call_minutes: float = Field(
        20.0, gt=0, description="A call is warned, then ended politely, after this."
    )
    max_turn_s: Annotated[float, Field(gt=1, description="A caller's turn is cut after this.")] = (
        20.0
    )

    @field_validator("public_url")
    @classmethod
    def _origin_only(cls, url: str) -> str:
        parts = urlsplit(url.rstrip("/"))
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or parts.query:
            raise ValueError("public_url must be an origin such as https://voice.example.com")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _cost_has_prices(self) -> Self:
        if self.openai_day_cost is not None and not (
            self.openai_read_price or self.openai_write_price
        ):
            raise ValueError("YEOBOSEYO_OPENAI_DAY_COST needs the prices of the tokens")
        return self

    @model_validator(mode="after")
    def _voices_are_set_up(self) -> Self:
        if self.voices.strip() == "auto":
            return self
        names = _names(self.voices)
        for name in names:
            if name not in {*REMOTE_VOICES, "espeak"}:
                raise ValueError(
                    f"YEOBOSEYO_VOICES knows elevenlabs, openai and espeak, not {name!r}"
                )
            if names.count(name) > 1:
                raise ValueError(f"YEOBOSEYO_VOICES names {name} twice")
            if missing := self.missing(name):
                raise ValueError(f"YEOBOSEYO_VOICES wants {name}, but {missing} is not set")
        if "espeak" in names[:-1]:
            raise ValueError("YEOBOSEYO_VOICES: nobody speaks after espeak, name it last or not")
        return self

    def missing(self, voice: str) -> str:
        """The first setting without which a voice cannot speak, empty when it can."""
        needed: dict[str, object] = {}
        if voice == "elevenlabs":
            needed["ELEVENLABS_API_KEY"] = self.elevenlabs_api_key.get_secret_value()
            needed["YEOBOSEYO_ELEVENLABS_VOICE"] = self.elevenlabs_voice
        elif voice == "openai":
            needed["YEOBOSEYO_OPENAI_VOICE_MODEL"] = self.openai_voice_model
            # Servers of one's own often want no key.
            needed["OPENAI_API_KEY"] = self.voice_key or self.voice_base_url
        return next((name for name, value in needed.items() if not value), "")

    @model_validator(mode="after")
    def _embeddings_are_set_up(self) -> Self:
        servers = self.embeddings_base_url or self.openai_base_url
        if self.embeddings == "openai" and not (self.embeddings_key or servers):
            raise ValueError("YEOBOSEYO_EMBEDDINGS is openai, but OPENAI_API_KEY is not set")
        return self

    @property
    def voice_names(self) -> list[str]:
        """Who speaks, in order, but for the local voice, which is always the last."""
        if self.voices.strip() == "auto":
            return [name for name in REMOTE_VOICES if not self.missing(name)]
        return [name for name in _names(self.voices) if name != "espeak"]

    @property
    def voice_base_url(self) -> str | None:
        """The server of the OpenAI voice; None is OpenAI's own."""
        return self.openai_voice_base_url or self.openai_base_url

    @property
    def voice_key(self) -> str:
        """The key of the OpenAI voice; OpenAI's goes to no other server than the brain's."""
        key = self.openai_voice_api_key.get_secret_value()
        if not key and not self.openai_voice_base_url:
            key = self.openai_api_key.get_secret_value()
        return key

    @property
    def embeddings_key(self) -> str:
        """The key for the vectors; OpenAI's goes to no other server than the brain's."""
        key = self.embeddings_api_key.get_secret_value()
        if not key and not self.embeddings_base_url:
            key = self.openai_api_key.get_secret_value()
        return key

    @property
    def embedding_choice(self) -> EmbeddingChoice:
        """What makes the search's vectors."""
        return EmbeddingChoice(
            kind=self.embeddings,
            model=self.embeddings_model,
            base_url=self.embeddings_base_url or self.openai_base_url,
            api_key=self.embeddings_key,
        )

    @cached_property
    def sqlalchemy_url(self) -> str:
        """The database's URL for SQLAlchemy's async engine."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'yeoboseyo.db'}"
