"""Percentiles, and tables of them."""

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of `values` do not exceed."""
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * share // 1))
    return ordered[int(rank) - 1]


def ms(values: Sequence[float]) -> str:
    """`n`, median, p95, p99 and worst in milliseconds."""
    if not values:
        return "never"
    shown = [percentile(values, share) * 1000 for share in (0.5, 0.95, 0.99, 1.0)]
    p50, p95, p99, worst = (f"{value:,.1f}" for value in shown)
    return f"n={len(values)}  p50 {p50}  p95 {p95}  p99 {p99}  max {worst} ms"


def summary(values: Sequence[float]) -> dict[str, float]:
    """The same as data, in seconds."""
    if not values:
        return {"n": 0}
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    found = {name: round(percentile(values, share), 5) for name, share in shares.items()}
    return {"n": len(values), **found}


def ratio(peer: Sequence[float], ours: Sequence[float]) -> str:
    """How many times longer the peer's median is."""
    if not peer:
        return "never / ours"
    return f"{percentile(peer, 0.5) / percentile(ours, 0.5):,.1f} x"


def _cpuinfo() -> list[str]:
    return Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()


def machine() -> str:
    """This machine, in a line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    names = [line for line in _cpuinfo() if "model name" in line]
    model = names[0].partition(": ")[2] if names else platform.machine()
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return (
        f"{os.cpu_count()} x {model}, {memory:.0f} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}, load {load}, {date.today().isoformat()}"
    )


def publish(
    title: str,
    rows: Mapping[str, Sequence[float]],
    ratios: Mapping[str, str],
    *,
    as_json: bool,
) -> None:
    """Print the table, or the data."""
    if as_json:
        data: dict[str, Any] = {name: summary(values) for name, values in rows.items()}
        say(
            json.dumps({"title": title, "machine": machine(), "rows": data, "ratios": dict(ratios)})
        )
        return
    say(f"{title}\n{machine()}")
    for name, values in rows.items():
        say(f"  {name:<44} {ms(values)}")
    for name, text in ratios.items():
        say(f"  ratio: {name}: {text}")


def say(text: str) -> None:
    """A line on standard output."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
