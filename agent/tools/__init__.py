"""The tools of one call, and what they need from outside."""

from agent.tools.outside import (
    LOOKUP_S,
    ChangeLedger,
    CustomerDirectory,
    EarlierCalls,
    SimilarCalls,
)
from agent.tools.result import ToolResult
from agent.tools.toolbox import Toolbox

__all__ = [
    "LOOKUP_S",
    "ChangeLedger",
    "CustomerDirectory",
    "EarlierCalls",
    "SimilarCalls",
    "ToolResult",
    "Toolbox",
]
