"""Chroma's clients, embedded and over HTTP, and one shape for whatever they raise."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import httpx
from chromadb import HttpClient, PersistentClient
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError

from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from chromadb.api.client import Client


def organization_key(organization: str) -> str:
    """The organization as a name for folders and collections: readable, and never ambiguous."""
    readable = re.sub(r"[^a-z0-9]+", "-", organization.lower()).strip("-")[:32]
    digest = hashlib.sha256(organization.encode()).hexdigest()[:8]
    return f"{readable or 'org'}-{digest}"


def embedded_client(folder: Path) -> Client:
    """Chroma in this process; nobody else may write the folder meanwhile.

    Raises:
        KnowledgeError: `index-unreachable` (retryable).
    """
    with chroma_errors("index-unreachable", f"cannot open {folder}"):
        client = PersistentClient(
            path=str(folder), settings=ChromaSettings(anonymized_telemetry=False)
        )
    return cast("Client", client)


def server_client(address: str) -> Client:
    """A Chroma server, such as `http://127.0.0.1:8000`.

    Raises:
        KnowledgeError: `index-unreachable` (retryable).
    """
    url = urlsplit(address)
    secure = url.scheme == "https"
    with chroma_errors("index-unreachable", f"Chroma at {address}"):
        client = HttpClient(
            host=url.hostname or address,
            port=url.port or (443 if secure else 8000),
            ssl=secure,
            settings=ChromaSettings(anonymized_telemetry=False),
        )
    # It is this class, whose `close` the declared type lacks.
    return cast("Client", client)


@contextmanager
def chroma_errors(code: str, doing: str) -> Iterator[None]:
    """Give whatever Chroma raises a code; trying again may help."""
    try:
        yield
    except (ChromaError, httpx.HTTPError, OSError, ValueError) as error:
        raise KnowledgeError(code, f"{doing}: {error}", retryable=True) from error
