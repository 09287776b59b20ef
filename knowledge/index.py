"""The vector index: one Chroma collection an organization and version, published atomically."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import httpx
import numpy as np
from chromadb import HttpClient, PersistentClient
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError, NotFoundError
from numpy.typing import NDArray

from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

_BATCH = 512
_KEPT_VERSIONS = 2
"""The current version and the one before it, which running servers may still read."""


class VectorIndex:
    """One published version, for reading."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def nearest(self, vector: NDArray[np.float32], *, limit: int) -> list[tuple[str, float]]:
        """The nearest entries as (entry id, cosine similarity), best first.

        Raises:
            KnowledgeError: `index-unreadable` (retryable).
        """
        with _chroma_errors("index-unreadable", "vector query failed"):
            answer = self._collection.query(
                query_embeddings=vector[np.newaxis], n_results=limit, include=["distances"]
            )
        distances = answer["distances"]
        if distances is None:
            raise KnowledgeError("index-unreadable", "vector query gave no distances")
        return [
            (entry_id, 1.0 - float(distance))
            for entry_id, distance in zip(answer["ids"][0], distances[0], strict=True)
        ]


class VectorStore:
    """One organization's versions in Chroma; close it, for Chroma holds files and sockets."""

    def __init__(self, client: Client, *, organization: str) -> None:
        self._client = client
        self._organization = organization

    @classmethod
    def open(cls, *, data_dir: Path, organization: str, chroma_url: str | None) -> VectorStore:
        """Embedded Chroma under `data_dir/chroma`, or the server at `chroma_url`.

        Raises:
            KnowledgeError: `index-unreachable` (retryable).
        """
        settings = ChromaSettings(anonymized_telemetry=False)
        with _chroma_errors("index-unreachable", f"Chroma at {chroma_url or data_dir}"):
            if chroma_url is None:
                folder = data_dir / "chroma"
                folder.mkdir(parents=True, exist_ok=True)
                client = PersistentClient(path=str(folder), settings=settings)
            else:
                url = urlsplit(chroma_url)
                secure = url.scheme == "https"
                client = HttpClient(
                    host=url.hostname or chroma_url,
                    port=url.port or (443 if secure else 8000),
                    ssl=secure,
                    settings=settings,
                )
        # Both are this class, whose `close` the declared type lacks.
        return cls(cast("Client", client), organization=organization)

    def find(self, version: str) -> VectorIndex | None:
        """The version's index if it has been published completely.

        Raises:
            KnowledgeError: `index-unreadable` (retryable).
        """
        with _chroma_errors("index-unreadable", "cannot open the index"):
            try:
                collection = self._client.get_collection(
                    self._collection_name(version), embedding_function=None
                )
            except NotFoundError:
                return None
            complete = (collection.metadata or {}).get("complete") is True
            return VectorIndex(collection) if complete else None

    def publish(
        self, version: str, *, entry_ids: Sequence[str], embeddings: NDArray[np.float32]
    ) -> VectorIndex:
        """Write a version and mark it complete; an interrupted try is simply written over.

        Args:
            version: its hash.
            entry_ids: one for each embedding.
            embeddings: shape (entries, dimensions). They are always given: Chroma's own embedding
                would download an English model.

        Raises:
            KnowledgeError: `index-unwritable` (retryable).
        """
        about: dict[str, str | bool] = {"organization": self._organization, "version": version}
        with _chroma_errors("index-unwritable", "cannot write the index"):
            collection = self._client.get_or_create_collection(
                self._collection_name(version),
                metadata={**about, "complete": False},
                configuration={"hnsw": {"space": "cosine"}},
                embedding_function=None,
            )
            for start in range(0, len(entry_ids), _BATCH):
                batch = slice(start, start + _BATCH)
                collection.upsert(ids=list(entry_ids[batch]), embeddings=embeddings[batch])
            collection.modify(metadata={**about, "complete": True})
            return VectorIndex(collection)

    def prune(self, history: Sequence[str]) -> None:
        """Delete the organization's versions except the latest ones in `history` (oldest first).

        Raises:
            KnowledgeError: `index-unwritable` (retryable).
        """
        kept = {self._collection_name(version) for version in history[-_KEPT_VERSIONS:]}
        prefix = self._collection_name("")
        with _chroma_errors("index-unwritable", "cannot delete old versions"):
            for collection in self._client.list_collections():
                if collection.name.startswith(prefix) and collection.name not in kept:
                    self._client.delete_collection(collection.name)

    def close(self) -> None:
        """Let Chroma go; indexes found through this store are not used afterwards."""
        self._client.close()

    def _collection_name(self, version: str) -> str:
        return f"{organization_key(self._organization)}.{version}"


def organization_key(organization: str) -> str:
    """The organization as a name for folders and collections: readable, and never ambiguous."""
    readable = re.sub(r"[^a-z0-9]+", "-", organization.lower()).strip("-")[:32]
    digest = hashlib.sha256(organization.encode()).hexdigest()[:8]
    return f"{readable or 'org'}-{digest}"


@contextmanager
def _chroma_errors(code: str, doing: str) -> Iterator[None]:
    """Give whatever Chroma raises a code; trying again may help."""
    try:
        yield
    except (ChromaError, httpx.HTTPError, OSError, ValueError) as error:
        raise KnowledgeError(code, f"{doing}: {error}", retryable=True) from error
