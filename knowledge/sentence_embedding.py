"""Embeddings of a sentence-transformers model, by name or folder; an optional dependency."""

from __future__ import annotations

import hashlib
import importlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.embedding import Vectors, unit
from knowledge.errors import KnowledgeError

_PACKAGE = "sentence_transformers"


class SentenceEmbedder:
    """A model in this process; a lock lets threads take turns with it."""

    def __init__(self, model: str) -> None:
        """Load the model.

        Raises:
            KnowledgeError: `embedding-missing` when the package is not installed,
                `embedding-unavailable` when the model cannot be loaded.
        """
        try:
            package: Any = importlib.import_module(_PACKAGE)
        except ImportError as error:
            raise KnowledgeError(
                "embedding-missing",
                f"YEOBOSEYO_EMBEDDINGS is {model!r}, which needs sentence-transformers: "
                "pip install sentence-transformers, or set it to `local` or `openai`",
            ) from error
        try:
            self._model = package.SentenceTransformer(model)
        except (OSError, ValueError, RuntimeError) as error:
            raise KnowledgeError(
                "embedding-unavailable", f"sentence-transformers model {model!r}: {error}"
            ) from error
        self.name = f"sentence-transformers:{model}{_fingerprint(Path(model))}"
        self._lock = threading.Lock()

    def documents(self, texts: Sequence[str]) -> Vectors:
        """See Embedder."""
        with self._lock:
            rows = self._model.encode(list(texts), show_progress_bar=False)
        vectors = np.asarray(rows, dtype=np.float64)
        if vectors.ndim != 2 or len(vectors) != len(texts):
            raise KnowledgeError(
                "embedding-invalid", f"{self.name}: shape {vectors.shape} for {len(texts)} texts"
            )
        return unit(vectors)

    def query(self, text: str, *, terms: Sequence[str] | None = None) -> Vectors:
        """See Embedder."""
        del terms
        vector: Vectors = self.documents([text])[0]
        return vector

    def close(self) -> None:
        """Nothing to let go: the model goes with this object."""


def _fingerprint(folder: Path) -> str:
    """Tells a folder's model from another that lay there before; empty for a model's name."""
    if not folder.is_dir():
        return ""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        if path.suffix == ".json":
            digest.update(path.read_bytes())
    return f"@{digest.hexdigest()[:12]}"
