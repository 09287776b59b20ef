"""Summarises a call: why, what was asked and answered, how it ended, what is left."""

from __future__ import annotations

import logging
from dataclasses import replace

from agent.errors import ModelError
from agent.summary.drafting import SummaryModel, drafted
from agent.summary.rules import by_rules
from knowledge.catalog.model import Catalog
from storage.records import StoredCall, Summary, SummaryCode

__all__ = ["SummaryModel", "summarize"]

log = logging.getLogger(__name__)


async def summarize(
    call: StoredCall, catalog: Catalog, model: SummaryModel | None = None
) -> Summary:
    """The structured summary of a finished call, personal data masked.

    By the model where there is one and somebody spoke; its sentences stand only as far as the
    turns that they name bear them out. By rules otherwise, and where the model fails.
    """
    summary = by_rules(call, catalog)
    if model is None or summary.code is not SummaryCode.OK:
        return summary
    try:
        return await drafted(call, catalog, model, summary)
    except ModelError as error:
        log.warning("the model gave no summary: %s", error.code)
        return replace(summary, code=SummaryCode.MODEL_FAILED)
