"""The vector index: one Chroma collection an organization and version, published whole."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection as SetOf
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from chromadb.api.types import Where
from chromadb.errors import NotFoundError

from knowledge.chroma import chroma_errors, embedded_client, organization_key, server_client
from knowledge.embedding import Vectors
from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

_BATCH = 512
_PROBES = 5
"""Entries that a new index must find under their own vectors before it is published."""
_ALIKE = 0.99


@dataclass(frozen=True, kw_only=True)
class Entries:
    """What an index holds: parallel sequences."""

    ids: Sequence[str]
    documents: Sequence[str]
    """The id of the document that each entry leads to."""
    vectors: Vectors
    """Shape (entries, dimensions). They are always given: Chroma's own embedding would download
    an English model."""


class VectorIndex:
    """One published version, for reading."""

    def __init__(self, client: Client, collection: Collection, *, owned: bool) -> None:
        self._client = client
        self._collection = collection
        self._owned = owned

    def nearest(
        self, vector: Vectors, *, limit: int, among: SetOf[str] | None = None
    ) -> list[tuple[str, float]]:
        """The nearest entries as (entry id, cosine similarity), best first.

        Args:
            vector: of the query, shape (dimensions,).
            limit: how many entries at most.
            among: ids of the only documents whose entries count.

        Raises:
            KnowledgeError: `index-unreadable` (retryable).
        """
        names = sorted(among or ())
        where = None if among is None else cast("Where", {"document": {"$in": names}})
        with chroma_errors("index-unreadable", "vector query failed"):
            answer = self._collection.query(
                query_embeddings=vector[np.newaxis],
                n_results=limit,
                include=["distances"],
                where=where,
            )
        distances = answer["distances"]
        if distances is None:
            raise KnowledgeError("index-unreadable", "vector query gave no distances")
        return [
            (entry_id, 1.0 - float(distance))
            for entry_id, distance in zip(answer["ids"][0], distances[0], strict=True)
        ]

    def check(self, entries: Entries) -> None:
        """Whether everything is there and found again under its own vector.

        Raises:
            KnowledgeError: `index-incomplete` or `index-unreadable`, both retryable.
        """
        with chroma_errors("index-unreadable", "cannot count the index"):
            count = self._collection.count()
        if count != len(entries.ids):
            raise KnowledgeError(
                "index-incomplete", f"{count} of {len(entries.ids)} entries written", retryable=True
            )
        for at in range(0, count, max(1, count // _PROBES)):
            if not entries.vectors[at].any():
                continue
            found = self.nearest(entries.vectors[at], limit=1)
            if not found or found[0][1] < _ALIKE:
                raise KnowledgeError(
                    "index-incomplete", f"{entries.ids[at]} is not found", retryable=True
                )

    def close(self) -> None:
        """Let an embedded index go; it is not used afterwards."""
        if self._owned:
            self._client.close()


class VectorStore:
    """One organization's versions in Chroma.

    Embedded, each version has a folder of its own: Chroma's files must not be written by one
    process while another has them open, so a folder is built aside, renamed, and never written
    again. On a server the versions are collections side by side.
    """

    def __init__(self, *, folder: Path, organization: str, server: Client | None) -> None:
        self._folder = folder
        self._organization = organization
        self._server = server

    @classmethod
    def open(cls, *, data_dir: Path, organization: str, chroma_url: str | None) -> VectorStore:
        """Embedded Chroma under `data_dir/chroma`, or the server at `chroma_url`.

        Raises:
            KnowledgeError: `index-unreachable` (retryable).
        """
        folder = data_dir / "chroma" / organization_key(organization)
        if chroma_url is None:
            return cls(folder=folder, organization=organization, server=None)
        return cls(folder=folder, organization=organization, server=server_client(chroma_url))

    def find(self, version: str, *, embedding: str) -> VectorIndex | None:
        """The version's index if it has been published completely.

        Raises:
            KnowledgeError: `index-unreadable` (retryable), or `index-mismatch` when another
                embedding made it.
        """
        if self._server is not None:
            index = self._opened(self._server, version, embedding, owned=False)
        elif (self._folder / version).is_dir():
            client = embedded_client(self._folder / version)
            try:
                index = self._opened(client, version, embedding, owned=True)
            except KnowledgeError:
                client.close()
                raise
            if index is None:
                client.close()
        else:
            return None
        return index

    def publish(self, version: str, *, embedding: str, entries: Entries) -> None:
        """Write a version, check it, and only then let it be found; a broken try leaves nothing.

        Raises:
            KnowledgeError: `index-unwritable` or `index-incomplete`, both retryable.
        """
        if self._server is not None:
            self._write(self._server, version, embedding, entries)
            return
        with chroma_errors("index-unwritable", "cannot write the index"):
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._folder, prefix="building-") as scratch:
                building = Path(scratch) / "index"
                client = embedded_client(building)
                try:
                    self._write(client, version, embedding, entries)
                finally:
                    client.close()
                target = self._folder / version
                # What lies there under this name was found incomplete.
                shutil.rmtree(target, ignore_errors=True)
                building.rename(target)

    def drop(self, version: str) -> None:
        """Delete a version; nothing is done where there is none.

        Raises:
            KnowledgeError: `index-unwritable` (retryable).
        """
        with chroma_errors("index-unwritable", "cannot delete an old version"):
            if self._server is None:
                shutil.rmtree(self._folder / version, ignore_errors=True)
                return
            try:
                self._server.delete_collection(self._name(version))
            except NotFoundError:
                return

    def close(self) -> None:
        """Let the server go; indexes found on it are not used afterwards."""
        if self._server is not None:
            self._server.close()

    def _opened(
        self, client: Client, version: str, embedding: str, *, owned: bool
    ) -> VectorIndex | None:
        with chroma_errors("index-unreadable", "cannot open the index"):
            try:
                collection = client.get_collection(self._name(version), embedding_function=None)
            except NotFoundError:
                return None
            about = collection.metadata or {}
        if about.get("complete") is not True:
            return None
        if about.get("embedding") != embedding:
            raise KnowledgeError(
                "index-mismatch",
                f"index {version} was made by {about.get('embedding')}, not by {embedding}: "
                "ingest the catalogue again",
            )
        return VectorIndex(client, collection, owned=owned)

    def _write(self, client: Client, version: str, embedding: str, entries: Entries) -> None:
        about: dict[str, str | bool | int] = {
            "organization": self._organization,
            "version": version,
            "embedding": embedding,
            "dimensions": int(entries.vectors.shape[1]),
        }
        with chroma_errors("index-unwritable", "cannot write the index"):
            collection = client.get_or_create_collection(
                self._name(version),
                metadata={**about, "complete": False},
                configuration={"hnsw": {"space": "cosine"}},
                embedding_function=None,
            )
            for start in range(0, len(entries.ids), _BATCH):
                batch = slice(start, start + _BATCH)
                collection.upsert(
                    ids=list(entries.ids[batch]),
                    embeddings=entries.vectors[batch],
                    metadatas=[{"document": name} for name in entries.documents[batch]],
                )
            VectorIndex(client, collection, owned=False).check(entries)
            collection.modify(metadata={**about, "complete": True})

    def _name(self, version: str) -> str:
        return f"{organization_key(self._organization)}.{version}"
