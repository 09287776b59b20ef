"""Ingests a catalogue: validates it, indexes it, keeps a copy, and publishes all that at once."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from knowledge.catalog.loader import catalog_files, load_catalog, sample_catalog_path
from knowledge.catalog.model import Catalog
from knowledge.chroma import organization_key
from knowledge.embedding import Embedder, unit
from knowledge.embedding_choice import LOCAL, EmbeddingChoice
from knowledge.embeddings import open_embedder
from knowledge.errors import KnowledgeError
from knowledge.index import Entries, VectorIndex, VectorStore
from knowledge.lexicon import Lexicon
from knowledge.locks import Lease, alone, unheld
from knowledge.passages import Document, build_documents, entry_id, whole_id
from knowledge.terms import Analyzer

KEPT_VERSIONS = 2
"""The current version and the one before it; older ones stay only while somebody serves them."""
_LAYOUT = "entries-and-wholes"
"""Goes into the version: change it with what entries there are."""
_REMEMBERED = 32
"""Versions that the pointer lists, so that they are removed once they may be."""


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """A catalogue with its published index."""

    catalog: Catalog
    lexicon: Lexicon
    documents: tuple[Document, ...]
    analyzer: Analyzer
    embedder: Embedder
    index: VectorIndex
    store: VectorStore
    """What the index was found in."""
    lease: Lease
    """Keeps the version from being removed."""
    version: str
    """Hash of everything that the index is made of."""
    changed: bool
    """False when this version had been published before and nothing was written."""

    def close(self) -> None:
        """Let the index and the version go; called by whoever ingested."""
        self.index.close()
        self.store.close()
        self.embedder.close()
        self.lease.release()


class Pointer(BaseModel):
    """What is published, in `data_dir/knowledge/ORGANIZATION/current.json`."""

    model_config = ConfigDict(frozen=True)

    version: str
    embedding: str = ""
    """What made the version's vectors."""
    shipped: bool
    """Whether the catalogue is the one shipped with the product."""
    history: tuple[str, ...]
    """Versions that may still lie there, oldest first, this one last."""


def home_of(data_dir: Path, organization: str) -> Path:
    """The folder of an organization's published catalogues."""
    return data_dir / "knowledge" / organization_key(organization)


def ingest(
    *,
    data_dir: Path,
    organization: str,
    chroma_url: str | None = None,
    catalog_folder: Path | None = None,
    embeddings: EmbeddingChoice = LOCAL,
    expected: str | None = None,
) -> Ingested:
    """Make the catalogue searchable; does nothing that has been done before.

    Without `catalog_folder` it is the one ingested last; at first, and while that was the sample
    catalogue, the one shipped with the product. An ingested folder is copied, so it may go away.
    Another embedding than the one that made the index makes a new version. Processes wait for
    each other; until the last step, the switch of the pointer, the old version is what is found.
    With `expected` that version is opened and nothing is ever written.

    Raises:
        CatalogError: the catalogue is missing or wrong; what was published stays.
        KnowledgeError: the index cannot be read or written, or the embedding cannot be had.
    """
    home = home_of(data_dir, organization)
    with ExitStack() as undo, alone(home / "ingest.lock"):
        pointer = read_pointer(home)
        folder = catalog_folder or _current_folder(home, pointer)
        catalog = load_catalog(folder)
        lexicon = Lexicon(catalog)
        documents = build_documents(catalog, lexicon)
        texts = [
            (entry_id(d, n), d.id, text) for d in documents for n, text in enumerate(d.entries)
        ]
        analyzer = Analyzer(catalog)
        embedder = open_embedder(embeddings, analyzer, [text for *_, text in texts])
        undo.callback(embedder.close)
        version = _version(folder, texts, embedder.name)
        if expected not in {None, version}:
            raise KnowledgeError(
                "index-mismatch",
                f"{expected} was made by another embedding or release than {embedder.name} here",
            )
        lease = Lease(home / f"{version}.lease")
        undo.callback(lease.release)
        shipped = folder.resolve() == sample_catalog_path().resolve()
        store = VectorStore.open(
            data_dir=data_dir, organization=organization, chroma_url=chroma_url
        )
        undo.callback(store.close)
        index = store.find(version, embedding=embedder.name)
        current = pointer is not None and pointer.version == version and pointer.shipped == shipped
        changed = index is None or not current
        if index is None:
            entries = _entries(documents, texts, embedder)
            store.publish(version, embedding=embedder.name, entries=entries)
            index = store.find(version, embedding=embedder.name)
            if index is None:
                raise KnowledgeError("index-unreadable", f"index {version} is gone", retryable=True)
        undo.callback(index.close)
        if not current:
            history = pointer.history if pointer is not None else ()
            pointer = Pointer(
                version=version,
                embedding=embedder.name,
                shipped=shipped,
                history=(*(old for old in history if old != version), version)[-_REMEMBERED:],
            )
            _switch(home, folder, pointer)
            _prune(home, store, pointer)
        undo.pop_all()
    return Ingested(
        catalog=catalog,
        lexicon=lexicon,
        documents=documents,
        analyzer=analyzer,
        embedder=embedder,
        index=index,
        store=store,
        lease=lease,
        version=version,
        changed=changed,
    )


def _current_folder(home: Path, pointer: Pointer | None) -> Path:
    if pointer is None or pointer.shipped:
        return sample_catalog_path()
    return home / pointer.version


def _entries(
    documents: tuple[Document, ...], texts: list[tuple[str, str, str]], embedder: Embedder
) -> Entries:
    """Every entry's vector, then for each document the middle of its entries'."""
    vectors = embedder.documents([text for *_, text in texts])
    owners = np.array([owner for _, owner, _ in texts])
    wholes = [vectors[owners == document.id].mean(axis=0) for document in documents]
    return Entries(
        ids=[*(name for name, *_ in texts), *map(whole_id, documents)],
        documents=[*(owner for _, owner, _ in texts), *(document.id for document in documents)],
        vectors=np.concatenate([vectors, unit(np.stack(wholes))]),
    )


def _switch(home: Path, folder: Path, pointer: Pointer) -> None:
    """Keep the catalogue and point at its version: from here on it is what is found."""
    try:
        _keep_copy(folder, home / pointer.version)
        _write_pointer(home, pointer)
    except OSError as error:
        raise KnowledgeError("index-unwritable", f"{home}: {error}") from error


def _prune(home: Path, store: VectorStore, pointer: Pointer) -> None:
    """Remove versions that are neither among the last ones nor held by anybody."""
    held = []
    for version in pointer.history[:-KEPT_VERSIONS]:
        lease = home / f"{version}.lease"
        with unheld(lease) as free:
            if not free:
                held.append(version)
                continue
            store.drop(version)
            shutil.rmtree(home / version, ignore_errors=True)
            lease.unlink(missing_ok=True)
    kept = (*held, *pointer.history[-KEPT_VERSIONS:])
    if kept != pointer.history:
        _write_pointer(home, pointer.model_copy(update={"history": kept}))


def _version(folder: Path, texts: list[tuple[str, str, str]], embedding: str) -> str:
    """Hash of the files and of whatever else decides what the vectors are."""
    digest = hashlib.sha256(f"{_LAYOUT} {embedding} {Analyzer.fingerprint()}".encode())
    for path in catalog_files(folder):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for name, _, text in texts:
        digest.update(f"{name}\0{text}\0".encode())
    return digest.hexdigest()[:16]


def read_pointer(home: Path) -> Pointer | None:
    """What is published; None when nothing is.

    Raises:
        KnowledgeError: `index-unreadable`.
    """
    path = home / "current.json"
    try:
        return Pointer.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise KnowledgeError("index-unreadable", f"{path}: {error}") from error


def published_files(data_dir: Path) -> list[str]:
    """What every organization's published catalogue consists of, by paths in the data directory.

    With them the vectors can be made again. Raises KnowledgeError `index-unreadable`.
    """
    found: list[Path] = []
    for home in sorted((data_dir / "knowledge").glob("*/")):
        pointer = read_pointer(home)
        if pointer is not None:
            found.append(home / "current.json")
            if not pointer.shipped:
                found += catalog_files(home / pointer.version)
    return [str(path.relative_to(data_dir)) for path in found]


def _write_pointer(home: Path, pointer: Pointer) -> None:
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=home, prefix="current-", suffix=".tmp", delete=False, encoding="utf-8"
    ) as file:
        json.dump(pointer.model_dump(), file, indent=2)
    Path(file.name).replace(home / "current.json")


def _keep_copy(source: Path, target: Path) -> None:
    """Copy the catalogue's files; the folder appears complete or not at all."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="copy-") as scratch:
        copy = Path(scratch) / "catalog"
        copy.mkdir()
        for path in catalog_files(source):
            shutil.copy(path, copy)
        try:
            copy.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was first, with the same content
                raise
