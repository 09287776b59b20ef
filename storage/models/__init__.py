"""The tables. Every row but the organization's own carries the id of its organization.

What is personal stands masked in its column and sealed beside it, in `sealed`; people are looked up
by `*_hash`, keyed hashes.
"""

from __future__ import annotations

from storage.models.base import Base, OfOrganization, OrganizationRow, Owned
from storage.models.calls import (
    CalledNumberRow,
    CallRow,
    MentionRow,
    RecordingRow,
    SummaryRow,
    TurnRow,
)
from storage.models.knowledge import DocumentRow, IndexVersionRow, IngestionRunRow
from storage.models.operations import AuditEntryRow, AuditHeadRow, ModelUsageRow, OutboxJobRow
from storage.models.people import CustomerRow, UserRow, UserSessionRow
from storage.models.prompts import PromptTemplateRow, PromptVersionRow
from storage.models.reviews import CorrectionRow, FeedbackRow, ScorecardRow
from storage.models.search import CallTermRow
from storage.models.work import CallbackRow, ChangeRequestRow, HandoffRow, HandoffStepRow

__all__ = [
    "AuditEntryRow",
    "AuditHeadRow",
    "Base",
    "CallRow",
    "CallTermRow",
    "CallbackRow",
    "CalledNumberRow",
    "ChangeRequestRow",
    "CorrectionRow",
    "CustomerRow",
    "DocumentRow",
    "FeedbackRow",
    "HandoffRow",
    "HandoffStepRow",
    "IndexVersionRow",
    "IngestionRunRow",
    "MentionRow",
    "ModelUsageRow",
    "OfOrganization",
    "OrganizationRow",
    "OutboxJobRow",
    "Owned",
    "PromptTemplateRow",
    "PromptVersionRow",
    "RecordingRow",
    "ScorecardRow",
    "SummaryRow",
    "TurnRow",
    "UserRow",
    "UserSessionRow",
]
