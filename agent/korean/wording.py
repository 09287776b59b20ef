"""Written forms of figures and small words: `50,000원`, `1Mbps`, `은/는`."""

from __future__ import annotations

from agent.korean.particles import attach  # noqa: F401


def won(amount: int) -> str:
    """`50,000원`."""
    return f"{amount:,}원"


def speed(kbps: int) -> str:
    """`1Mbps` or `400kbps`."""
    return f"{kbps // 1000}Mbps" if kbps >= 1000 and kbps % 1000 == 0 else f"{kbps}kbps"


def gigabytes(data_gb: int | None) -> str:
    """`10GB`, or `무제한` for None."""
    return "무제한" if data_gb is None else f"{data_gb}GB"
