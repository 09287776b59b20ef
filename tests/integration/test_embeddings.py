"""Vectors from elsewhere: OpenAI's API by a server double, sentence-transformers by a stand-in."""

from __future__ import annotations

import json
import sys
import threading
import zlib
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from knowledge.embedding_choice import EmbeddingChoice
from knowledge.errors import KnowledgeError
from knowledge.ingest import ingest
from knowledge.openai_embedding import OpenAIEmbedder
from knowledge.sentence_embedding import SentenceEmbedder
from knowledge.service import open_knowledge

DIMENSIONS = 64


def _vector(text: str) -> NDArray[np.float32]:
    """Hashed pairs of characters: enough to find a text by its own words."""
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    for at in range(len(text) - 1):
        vector[zlib.crc32(text[at : at + 2].encode()) % DIMENSIONS] += 1
    return vector


class EmbeddingServer:
    """Speaks POST /v1/embeddings as OpenAI does."""

    def __init__(self) -> None:
        self.asked: list[dict[str, object]] = []
        self.keys: list[str] = []
        self.status = 200
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                double.asked.append(body)
                double.keys.append(self.headers["Authorization"])
                answer = json.dumps(double.answer(body["input"])).encode()
                self.send_response(double.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def answer(self, texts: Sequence[str]) -> dict[str, object]:
        if self.status != 200:
            return {"error": {"message": "no capacity"}}
        rows = [
            {"object": "embedding", "index": at, "embedding": _vector(text).tolist()}
            for at, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return {"object": "list", "data": rows[::-1], "model": "small", "usage": usage}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    double = EmbeddingServer()
    yield double
    double.close()


async def test_openai_makes_the_vectors_and_words_stand_in(
    tmp_path: Path, server: EmbeddingServer, caplog: pytest.LogCaptureFixture
) -> None:
    local = ingest(data_dir=tmp_path, organization="sample")
    local.close()
    choice = EmbeddingChoice(kind="openai", model="small", base_url=server.url, api_key="secret")
    knowledge = open_knowledge(data_dir=tmp_path, organization="sample", embeddings=choice)
    assert knowledge.changed
    assert knowledge.version != local.version
    assert knowledge.embedder.name == "openai:small"
    assert {body["model"] for body in server.asked} == {"small"}
    assert set(server.keys) == {"Bearer secret"}
    found = await knowledge.retriever.search("로밍 요금은 얼마인가요?")
    assert found.passages[0].id == "faq:roaming-cost"
    assert server.asked[-1]["input"] == ["로밍 요금은 얼마인가요?"]

    server.status = 500
    found = await knowledge.retriever.search("로밍 요금은 얼마인가요?")
    assert (found.passages[0].id, found.known) == ("faq:roaming-cost", True)
    assert "searching by words alone" in caplog.text
    knowledge.close()

    # The index lies there: opening it again asks for nothing.
    asked = len(server.asked)
    again = open_knowledge(data_dir=tmp_path, organization="sample", embeddings=choice)
    assert (again.changed, len(server.asked)) == (False, asked)
    again.close()


def test_a_server_that_fails_leaves_what_was_published(
    tmp_path: Path, server: EmbeddingServer
) -> None:
    local = ingest(data_dir=tmp_path, organization="sample")
    local.close()
    server.status = 500
    choice = EmbeddingChoice(kind="openai", base_url=server.url)
    with pytest.raises(KnowledgeError) as caught:
        ingest(data_dir=tmp_path, organization="sample", embeddings=choice)
    assert (caught.value.code, caught.value.retryable) == ("embedding-unavailable", True)
    again = ingest(data_dir=tmp_path, organization="sample")
    assert (again.version, again.changed) == (local.version, False)
    again.close()


def test_vectors_come_at_length_one_and_in_order(server: EmbeddingServer) -> None:
    embedder = OpenAIEmbedder(api_key="", base_url=server.url, model="small")
    vectors = embedder.documents(["로밍 요금", "이월 요금제"])
    assert vectors.shape == (2, DIMENSIONS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(vectors[1], embedder.query("이월 요금제"), rtol=1e-5)
    embedder.close()


class _SentenceTransformer:
    """What the package's class of this name does, in small."""

    def __init__(self, name: str) -> None:
        if name == "missing":
            raise OSError("no such model")

    def encode(self, texts: list[str], *, show_progress_bar: bool) -> NDArray[np.float32]:
        assert not show_progress_bar
        return np.stack([_vector(text) for text in texts])


@pytest.fixture
def sentence_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("sentence_transformers")
    package.__dict__["SentenceTransformer"] = _SentenceTransformer
    monkeypatch.setitem(sys.modules, "sentence_transformers", package)


@pytest.mark.usefixtures("sentence_transformers")
async def test_a_sentence_transformers_folder_makes_the_vectors(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}", encoding="utf-8")
    choice = EmbeddingChoice(kind=str(model))
    knowledge = open_knowledge(data_dir=tmp_path, organization="sample", embeddings=choice)
    assert knowledge.embedder.name.startswith(f"sentence-transformers:{model}@")
    found = await knowledge.retriever.search("로밍 요금은 얼마인가요?")
    assert found.passages[0].id == "faq:roaming-cost"
    version = knowledge.version
    knowledge.close()
    # Another model in the folder is another embedding.
    (model / "config.json").write_text('{"trained": "again"}', encoding="utf-8")
    done = ingest(data_dir=tmp_path, organization="sample", embeddings=choice)
    assert done.changed
    assert done.version != version
    done.close()


@pytest.mark.usefixtures("sentence_transformers")
def test_a_model_that_is_not_there_is_an_error_with_a_code() -> None:
    with pytest.raises(KnowledgeError, match="embedding-unavailable"):
        SentenceEmbedder("missing")


def test_without_the_package_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(KnowledgeError) as caught:
        SentenceEmbedder("intfloat/multilingual-e5-small")
    assert caught.value.code == "embedding-missing"
    assert "pip install sentence-transformers" in caught.value.message
