"""Written forms of figures and of names with their particles: `50,000원`, `이월 10GB는`."""

from __future__ import annotations

from agent.korean.particles import with_particle


def won(amount: int) -> str:
    """`50,000원`."""
    return f"{amount:,}원"


def speed(kbps: int) -> str:
    """`1Mbps` or `400kbps`."""
    return f"{kbps // 1000}Mbps" if kbps >= 1000 and kbps % 1000 == 0 else f"{kbps}kbps"


def gigabytes(data_gb: int | None) -> str:
    """`10GB`, or `무제한` for None."""
    return "무제한" if data_gb is None else f"{data_gb}GB"


def topic(name: str) -> str:
    """The name with 은 or 는."""
    return with_particle(name, "은")


def subject(name: str) -> str:
    """The name with 이 or 가."""
    return with_particle(name, "이")


def object_(name: str) -> str:
    """The name with 을 or 를."""
    return with_particle(name, "을")
