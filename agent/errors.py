"""The agent's errors: a code for machines, a message for people."""

from __future__ import annotations


class AgentError(Exception):
    """Base of the agent's errors."""

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable


class ToolError(AgentError):
    """A tool could not do what it was asked; the code says why."""


class BrainError(AgentError):
    """A brain could not answer; another one takes over."""


class ModelError(BrainError):
    """The chat model's server could not do what it was asked.

    Codes: `resting` (it failed before and is not asked now), `limit` (so much was allowed),
    `timeout`, `busy`, `unavailable`, `cut`, `malformed`, `refused` and `account` (nothing but its
    owner can change that).
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retryable: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        """`retry_after_s`: how long the server wants to be left alone, where it says so."""
        super().__init__(code, message, retryable=retryable)
        self.retry_after_s = retry_after_s
