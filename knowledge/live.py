"""Follows what is published: new calls get the new version, calls keep theirs to their end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from weakref import WeakKeyDictionary

from knowledge.errors import KnowledgeError
from knowledge.ingest import read_pointer
from knowledge.service import Knowledge

log = logging.getLogger(__name__)

LOOK_S = 2.0
"""How often the pointer is looked at."""


class LiveKnowledge:
    """The knowledge of a running server; all methods belong to one event loop."""

    def __init__(
        self,
        opened: Knowledge,
        *,
        home: Path,
        reopen: Callable[[str], Knowledge],
        switched: Callable[[Knowledge], Awaitable[None]],
    ) -> None:
        """Begin with what was opened.

        Args:
            opened: what new calls get until something else is published.
            home: the organization's folder, where the pointer lies.
            reopen: opens a published version; blocks, and is called on a thread.
            switched: told of a new version; when it returns, that is the one for new calls.
        """
        self.current = opened
        self._home = home
        self._reopen = reopen
        self._switched = switched
        self._retired: list[Knowledge] = []
        self._users: WeakKeyDictionary[object, Knowledge] = WeakKeyDictionary()
        self._refused = ""

    def keep_for(self, user: object) -> None:
        """Keep the current version open while `user`, such as a conversation, exists."""
        self._users[user] = self.current

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        """Switch to what is published, and let go what no call uses any more.

        What cannot be opened is logged once; the version before goes on serving.
        """
        version = self.current.version
        try:
            pointer = await asyncio.to_thread(read_pointer, self._home)
            version = pointer.version if pointer is not None else version
            if version not in {self.current.version, self._refused}:
                opened = await asyncio.to_thread(self._reopen, version)
                await opened.retriever.warm()
                await self._switched(opened)
                self._retired.append(self.current)
                self.current = opened
                log.info("new calls are answered from version %s", version)
        except KnowledgeError as error:
            if not error.retryable:
                self._refused = version
            log.warning(
                "version %s stays, for %s is not opened: %s", self.current.version, version, error
            )
        await self._let_go()

    async def _let_go(self) -> None:
        used = list(self._users.values())
        for knowledge in list(self._retired):
            if not any(knowledge is one for one in used):
                self._retired.remove(knowledge)
                await asyncio.to_thread(knowledge.close)

    def close(self) -> None:
        """Let everything go; no call is using it any more."""
        for knowledge in (*self._retired, self.current):
            knowledge.close()
        self._retired.clear()
