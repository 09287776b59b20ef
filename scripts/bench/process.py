"""What a process costs, from /proc."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """A process's costs at one moment."""

    at: float
    """Seconds of a monotonic clock."""
    cpu_s: float
    """Seconds that it has computed so far, all its threads together."""
    rss_mb: float
    """Memory that it holds, MiB."""


def cost(pid: int) -> Cost:
    """The costs of a process now. Raises ProcessLookupError when there is none."""
    folder = Path("/proc") / str(pid)
    try:
        # The name may hold anything, spaces and brackets too; it ends at the last bracket.
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        pages = int((folder / "statm").read_text().split()[1])
    except FileNotFoundError:
        raise ProcessLookupError(pid) from None
    utime, stime = int(fields[11]), int(fields[12])
    return Cost(
        at=time.monotonic(),
        cpu_s=(utime + stime) / _TICKS_PER_S,
        rss_mb=pages * _PAGE_BYTES / 2**20,
    )


def cpu_percent(before: Cost, after: Cost) -> float:
    """Percent of one core between two moments."""
    return 100 * (after.cpu_s - before.cpu_s) / (after.at - before.at)
