"""The vector index: one Chroma collection an organization and version, published atomically."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
from chromadb import HttpClient, PersistentClient
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError, NotFoundError
from numpy.typing import NDArray

from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

_BATCH = 512
_KEPT_VERSIONS = 2
"""The current version and the one before it, which running servers may still read."""


def open_client(*, data_dir: Path, chroma_url: str | None) -> ClientAPI:
    """A Chroma client: embedded under `data_dir/chroma`, or for the server at `chroma_url`.

    Raises:
        KnowledgeError: `index-unreachable` (retryable).
    """
    settings = ChromaSettings(anonymized_telemetry=False)
    try:
        if chroma_url is None:
            folder = data_dir / "chroma"
            folder.mkdir(parents=True, exist_ok=True)
            return PersistentClient(path=str(folder), settings=settings)
        url = urlsplit(chroma_url)
        return HttpClient(
            host=url.hostname or chroma_url,
            port=url.port or (443 if url.scheme == "https" else 8000),
            ssl=url.scheme == "https",
            settings=settings,
        )
    except (ChromaError, OSError, ValueError) as error:
        where = chroma_url or str(data_dir)
        raise KnowledgeError(
            "index-unreachable", f"Chroma at {where}: {error}", retryable=True
        ) from error


class VectorIndex:
    """One published version, for reading."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def nearest(self, vector: NDArray[np.float32], *, limit: int) -> list[tuple[str, float]]:
        """The nearest entries as (entry id, cosine similarity), best first.

        Raises:
            KnowledgeError: `index-unreadable` (retryable).
        """
        try:
            answer = self._collection.query(
                query_embeddings=vector[np.newaxis], n_results=limit, include=["distances"]
            )
        except (ChromaError, OSError, ValueError) as error:
            raise KnowledgeError(
                "index-unreadable", f"vector query failed: {error}", retryable=True
            ) from error
        distances = answer["distances"]
        if distances is None:
            raise KnowledgeError("index-unreadable", "vector query gave no distances")
        return [
            (entry_id, 1.0 - float(distance))
            for entry_id, distance in zip(answer["ids"][0], distances[0], strict=True)
        ]


def find_version(client: ClientAPI, *, organization: str, version: str) -> VectorIndex | None:
    """The version's index if it has been published completely."""
    try:
        collection = client.get_collection(
            _collection_name(organization, version), embedding_function=None
        )
    except NotFoundError:
        return None
    except (ChromaError, OSError, ValueError) as error:
        raise KnowledgeError(
            "index-unreadable", f"cannot open the index: {error}", retryable=True
        ) from error
    complete = (collection.metadata or {}).get("complete") is True
    return VectorIndex(collection) if complete else None


def publish(
    client: ClientAPI,
    *,
    organization: str,
    version: str,
    entry_ids: Sequence[str],
    embeddings: NDArray[np.float32],
) -> VectorIndex:
    """Write a version and mark it complete; an interrupted try is simply written over.

    Args:
        embeddings: shape (entries, dimensions). They are always given: Chroma's own embedding
            would download an English model.

    Raises:
        KnowledgeError: `index-unwritable` (retryable).
    """
    about: dict[str, str | bool] = {"organization": organization, "version": version}
    try:
        collection = client.get_or_create_collection(
            _collection_name(organization, version),
            metadata={**about, "complete": False},
            configuration={"hnsw": {"space": "cosine"}},
            embedding_function=None,
        )
        for start in range(0, len(entry_ids), _BATCH):
            batch = slice(start, start + _BATCH)
            collection.upsert(ids=list(entry_ids[batch]), embeddings=embeddings[batch])
        collection.modify(metadata={**about, "complete": True})
    except (ChromaError, OSError, ValueError) as error:
        raise KnowledgeError(
            "index-unwritable", f"cannot write the index: {error}", retryable=True
        ) from error
    return VectorIndex(collection)


def prune(client: ClientAPI, *, organization: str, history: Sequence[str]) -> None:
    """Delete this organization's versions except the latest ones in `history` (oldest first)."""
    kept = {_collection_name(organization, version) for version in history[-_KEPT_VERSIONS:]}
    prefix = _collection_name(organization, "")
    try:
        for collection in client.list_collections():
            if collection.name.startswith(prefix) and collection.name not in kept:
                client.delete_collection(collection.name)
    except (ChromaError, OSError, ValueError) as error:
        raise KnowledgeError(
            "index-unwritable", f"cannot delete old versions: {error}", retryable=True
        ) from error


def organization_key(organization: str) -> str:
    """The organization as a name for folders and collections: readable, and never ambiguous."""
    readable = re.sub(r"[^a-z0-9]+", "-", organization.lower()).strip("-")[:32]
    digest = hashlib.sha256(organization.encode()).hexdigest()[:8]
    return f"{readable or 'org'}-{digest}"


def _collection_name(organization: str, version: str) -> str:
    return f"{organization_key(organization)}.{version}"
