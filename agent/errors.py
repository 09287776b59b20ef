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
