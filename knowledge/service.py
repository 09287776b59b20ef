"""The package's front door: opens everything the agent knows from, ready to search."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from knowledge.catalog.model import Catalog
from knowledge.embedding import Embedder
from knowledge.embedding_choice import LOCAL, EmbeddingChoice
from knowledge.index import VectorIndex
from knowledge.ingest import Ingested, ingest
from knowledge.lexicon import Lexicon
from knowledge.passages import Document
from knowledge.search import HybridRetriever
from knowledge.terms import Analyzer


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """A catalogue, opened: shared by all calls of a process."""

    catalog: Catalog
    retriever: HybridRetriever
    lexicon: Lexicon
    documents: tuple[Document, ...]
    embedder: Embedder
    index: VectorIndex
    analyzer: Analyzer
    version: str
    """Hash of the published index."""
    changed: bool
    """Whether opening it had to publish a new version."""
    held: Ingested
    """What holds the index open and the version in place."""

    def close(self) -> None:
        """Stop the retriever's threads and let the index go."""
        self.retriever.close()
        self.held.close()


def open_knowledge(
    *,
    data_dir: Path,
    organization: str,
    chroma_url: str | None = None,
    catalog_folder: Path | None = None,
    embeddings: EmbeddingChoice = LOCAL,
    expected: str | None = None,
) -> Knowledge:
    """Open what the organization's callers are answered from, ingesting it where needed.

    Blocks for some seconds (Kiwi loads): call it at start-up, off the event loop. Without
    `catalog_folder` the catalogue ingested last is opened, at first the shipped sample.

    Raises:
        CatalogError: the catalogue is missing or wrong.
        KnowledgeError: the index cannot be read or written.
    """
    done = ingest(
        data_dir=data_dir,
        organization=organization,
        chroma_url=chroma_url,
        catalog_folder=catalog_folder,
        embeddings=embeddings,
        expected=expected,
    )
    retriever = HybridRetriever(
        catalog=done.catalog,
        documents=done.documents,
        analyzer=done.analyzer,
        embedder=done.embedder,
        index=done.index,
        lexicon=done.lexicon,
    )
    return Knowledge(
        catalog=done.catalog,
        retriever=retriever,
        lexicon=done.lexicon,
        documents=done.documents,
        embedder=done.embedder,
        index=done.index,
        analyzer=done.analyzer,
        version=done.version,
        changed=done.changed,
        held=done,
    )
