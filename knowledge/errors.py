"""What can go wrong with knowledge: one base error with a code for machines."""

from __future__ import annotations


class KnowledgeError(Exception):
    """Knowledge cannot be loaded, built or searched.

    Args:
        code: for machines, such as `index-unreadable`.
        message: for people.
        retryable: whether the same call may succeed later.
    """

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retryable = retryable


class CatalogError(KnowledgeError):
    """A catalogue's file is missing or wrong; the message names file and field."""
