"""How long a run took, as people read it."""

import time
from typing import Any

from vrooli.cli.run_watch import took_by_now


def run(started_at: float | None, ended_at: float | None = None) -> dict[str, Any]:
    status = "running" if ended_at is None else "failed"
    return {"started_at": started_at, "ended_at": ended_at, "status": status}


def test_one_under_way_says_how_long_so_far() -> None:
    assert took_by_now(run(None)) == "-"
    assert took_by_now(run(10.0, 15.0)) == "5 s"
    assert took_by_now(run(time.time() - 3 * 86_400)) == "3 d so far"
    assert took_by_now(run(time.time() + 60)) == "0 s so far"  # by another clock
