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
from knowledge.embedding import SCHEME, HashedEmbedder
from knowledge.errors import KnowledgeError
from knowledge.index import VectorIndex, VectorStore, organization_key
from knowledge.lexicon import Lexicon
from knowledge.passages import Document, build_documents, entry_id
from knowledge.terms import Analyzer


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """A catalogue with its published index."""

    catalog: Catalog
    lexicon: Lexicon
    documents: tuple[Document, ...]
    analyzer: Analyzer
    embedder: HashedEmbedder
    index: VectorIndex
    store: VectorStore
    """Holds the index open; closed by whoever ingested."""
    version: str
    """Hash of everything that the index is made of."""
    changed: bool
    """False when this version had been published before and nothing was written."""


class _Pointer(BaseModel):
    """What is published, in `data_dir/knowledge/ORGANIZATION/current.json`."""

    model_config = ConfigDict(frozen=True)

    version: str
    shipped: bool
    """Whether the catalogue is the one shipped with the product."""
    history: tuple[str, ...]
    """Published versions, oldest first, this one last."""


def ingest(
    *,
    data_dir: Path,
    organization: str,
    chroma_url: str | None = None,
    catalog_folder: Path | None = None,
) -> Ingested:
    """Make the catalogue searchable; does nothing that has been done before.

    Without `catalog_folder` it is the one ingested last; at first, and while that was the sample
    catalogue, the one shipped with the product. An ingested folder is copied, so it may go away.

    Raises:
        CatalogError: the catalogue is missing or wrong; what was published stays.
        KnowledgeError: the index cannot be read or written.
    """
    home = data_dir / "knowledge" / organization_key(organization)
    pointer = _read_pointer(home)
    if catalog_folder is None:
        own = pointer is not None and not pointer.shipped
        folder = home / pointer.version if pointer is not None and own else sample_catalog_path()
    else:
        folder = catalog_folder
    catalog = load_catalog(folder)
    lexicon = Lexicon(catalog)
    documents = build_documents(catalog, lexicon)
    entries = [(entry_id(d, n), text) for d in documents for n, text in enumerate(d.entries)]
    version = _version(folder, entries)
    analyzer = Analyzer(catalog)
    embedder = HashedEmbedder(analyzer, [text for _, text in entries])

    shipped = folder.resolve() == sample_catalog_path().resolve()
    current = pointer is not None and pointer.version == version and pointer.shipped == shipped
    with ExitStack() as undo:
        store = VectorStore.open(
            data_dir=data_dir, organization=organization, chroma_url=chroma_url
        )
        undo.callback(store.close)
        index = store.find(version)
        changed = index is None or not current
        if index is None:
            index = store.publish(
                version,
                entry_ids=[name for name, _ in entries],
                embeddings=np.stack([embedder.embed(text) for _, text in entries]),
            )
        if not current:
            before = pointer.history if pointer is not None else ()
            history = (*(old for old in before if old != version), version)
            try:
                _keep_copy(folder, home / version)
                _write_pointer(
                    home, _Pointer(version=version, shipped=shipped, history=history[-8:])
                )
            except OSError as error:
                raise KnowledgeError("index-unwritable", f"{home}: {error}") from error
            store.prune(history)
        undo.pop_all()
    return Ingested(
        catalog=catalog,
        lexicon=lexicon,
        documents=documents,
        analyzer=analyzer,
        embedder=embedder,
        index=index,
        store=store,
        version=version,
        changed=changed,
    )


def _version(folder: Path, entries: list[tuple[str, str]]) -> str:
    """Hash of the files and of whatever else decides what the vectors are."""
    digest = hashlib.sha256(f"{SCHEME} {Analyzer.fingerprint()}".encode())
    for path in catalog_files(folder):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for name, text in entries:
        digest.update(f"{name}\0{text}\0".encode())
    return digest.hexdigest()[:16]


def _read_pointer(home: Path) -> _Pointer | None:
    path = home / "current.json"
    try:
        return _Pointer.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise KnowledgeError("index-unreadable", f"{path}: {error}") from error


def _write_pointer(home: Path, pointer: _Pointer) -> None:
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
