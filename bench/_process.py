"""What a process costs, as the kernel counts it."""

import os
import time
from dataclasses import dataclass
from pathlib import Path


def cpu(pid: int) -> float:
    """Seconds of processor time that it has used so far, in hundredths."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss(pid: int) -> float:
    """MiB of memory that it holds."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    line = next(line for line in lines if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """What it used over some time.

    Attributes:
        rss: MiB at the end.
        share: of one core, in percent.
    """

    rss: float
    share: float


def cost(pid: int, seconds: float) -> Cost:
    """Look at it for so long."""
    before, began = cpu(pid), time.monotonic()
    time.sleep(seconds)
    share = (cpu(pid) - before) / (time.monotonic() - began)
    return Cost(rss(pid), 100 * share)
