"""Finds and hides personal data in Korean text, written and spoken, also across turns."""

from storage.privacy.finding import find
from storage.privacy.kinds import Found, Kind
from storage.privacy.masking import hide, mask, mask_name, mask_phone, written_phone
from storage.privacy.reader import MaskedTurn, Reader

__all__ = [
    "Found",
    "Kind",
    "MaskedTurn",
    "Reader",
    "find",
    "hide",
    "mask",
    "mask_name",
    "mask_phone",
    "written_phone",
]
