"""The sample customers: invented people, so that a newcomer can phone the product at once."""

from __future__ import annotations

from datetime import date

SAMPLE_CUSTOMERS = (
    ("김철수", "+821012345678", date(1979, 3, 14), "rollover-10", date(2019, 5, 2)),
    ("이영희", "+821087654321", date(1988, 11, 2), "simple-70", date(2021, 8, 17)),
    ("박지민", "+821011112222", date(2009, 6, 25), "yteen", date(2023, 3, 2)),
    ("최민수", "+821055556666", date(1955, 1, 30), "slim-14", date(2010, 10, 11)),
    ("정미영", "+821099998888", date(1995, 9, 9), "basic", date(2022, 12, 24)),
)
"""Name, telephone (E.164), born, plan's id, customer since."""
