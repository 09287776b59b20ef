"""Voices that have what is often said at hand: the first words come at once, and in an outage too.

Only sentences that are known beforehand are kept: the fixed lines, and those of the catalogue.
What is made for one caller may hold a name or a number, and never reaches the disk.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from voice.tts.fallback import FallbackSynthesizer, VoiceGauge
from voice.tts.store import AudioStore
from voice.tts.synthesizer import Synthesizer

T = TypeVar("T")

_FORMAT = "2"
"""Changes when the same voice with the same settings comes to sound different."""


@dataclass(frozen=True, kw_only=True)
class CacheFigures:
    """What a cache did since its start."""

    hits: int
    """Sentences that were at hand."""
    misses: int
    """Known sentences that had to be made."""
    damaged: int
    """Stored files that were not what had been written."""
    failures: int
    """Times the disk could not be read or written."""


class CachedSynthesizer:
    """A Synthesizer that keeps the sentences in `known` as `inner` says them.

    In memory for calls, up to `max_bytes`; in `folder` for the next start and for other
    processes, up to `max_bytes` too, which voices that share the folder share. `identity` names
    the voice and every setting that is heard. The disk is only touched in a thread, and no
    sentence waits for it.
    """

    _disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="voice-cache")

    def __init__(
        self,
        inner: Synthesizer,
        folder: Path,
        identity: str,
        max_bytes: int,
        known: Collection[str],
    ) -> None:
        """`known` holds spoken forms."""
        self._inner = inner
        self._store = AudioStore(folder, max_bytes)
        self._identity = identity
        self._max_bytes = max_bytes
        self._known = frozenset(known)
        self._memory: dict[str, bytes] = {}
        self._memory_bytes = 0
        self._hits = 0
        self._misses = 0

    @property
    def figures(self) -> CacheFigures:
        """What it did so far."""
        return CacheFigures(
            hits=self._hits,
            misses=self._misses,
            damaged=self._store.damaged,
            failures=self._store.failures,
        )

    def at_hand(self, text: str) -> bytes | None:
        """The audio of `text`, µ-law, where it is in memory."""
        return self._memory.get(text)

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """Say `text`; see Synthesizer. What breaks off is not kept."""
        audio = self.at_hand(text)
        if audio is not None:
            self._hits += 1
            yield audio
            return
        known = text in self._known
        self._misses += known
        made = bytearray()
        async with aclosing(self._inner.stream(text)) as chunks:
            async for chunk in chunks:
                if known:
                    made += chunk
                yield chunk
        if made:
            self._remember(text, bytes(made))
            # Nobody waits for the disk; it reports its own failures.
            self._disk.submit(self._store.write, self._key(text), bytes(made))

    async def warm(self, texts: Sequence[str]) -> int:
        """Has `texts`, all of them known, at hand: from disk, else made one after the other.

        Gives how many were made. Raises SynthesisError at the first that the voice cannot say;
        what it had said until then is kept.
        """
        made = 0
        for text in texts:
            if text not in self._known:
                raise ValueError("only known sentences are kept")
            if text in self._memory:
                continue
            audio = await self._in_thread(partial(self._store.read, self._key(text)))
            if audio is None:
                async with aclosing(self._inner.stream(text)) as chunks:
                    audio = b"".join([chunk async for chunk in chunks])
                made += 1
                if audio:
                    await self._in_thread(partial(self._store.write, self._key(text), audio))
            self._remember(text, audio)
        return made

    def _remember(self, text: str, audio: bytes) -> None:
        """Keeps it in memory while there is room: what came first, the prompts, stays."""
        room = self._max_bytes - self._memory_bytes
        if text not in self._memory and 0 < len(audio) <= room:
            self._memory[text] = audio
            self._memory_bytes += len(audio)

    def _key(self, text: str) -> str:
        named = "\0".join((_FORMAT, self._identity, text))
        return hashlib.sha256(named.encode()).hexdigest()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work)


class PromptVoice:
    """A Synthesizer: what a voice of `stored` has at hand is said from there, the rest by `live`.

    The better voice comes first in `stored`. So a prompt that the better one has not made yet is
    said at once by the local one, which has them all, and never waits for the network.
    """

    def __init__(self, stored: Sequence[CachedSynthesizer], live: FallbackSynthesizer) -> None:
        self.stored = tuple(stored)
        self._live = live

    def gauges(self) -> list[VoiceGauge]:
        """The state of every voice, in their order; to be called on the loop."""
        return self._live.gauges()

    def at_hand(self, text: str) -> bytes:
        """The audio of `text`, µ-law; empty when nobody has it at hand."""
        return next((a for voice in self.stored if (a := voice.at_hand(text)) is not None), b"")

    async def stream(self, text: str) -> AsyncGenerator[bytes, None]:
        """Say `text`; see Synthesizer."""
        holder = next((v for v in self.stored if v.at_hand(text) is not None), self._live)
        async with aclosing(holder.stream(text)) as chunks:
            async for chunk in chunks:
                yield chunk
