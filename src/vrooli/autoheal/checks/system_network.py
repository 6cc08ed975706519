"""Throughput and errors of the network interfaces."""

from typing import Any

from vrooli.autoheal import procfs
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result, not_applicable, ok
from vrooli.stack.model import Thresholds

_DEVICES = "/proc/net/dev"
_RECEIVED, _SENT = 0, 8
_ERRORS = (2, 3, 10, 11)
"""Columns of /proc/net/dev: errors and drops, received and sent."""


def _run(look: Look) -> Result:
    now = look.facts.tools.clock.monotonic()
    total, errors = 0, 0
    for line in (procfs.text(look.facts.files, _DEVICES) or "").splitlines()[2:]:
        name, _, rest = line.partition(":")
        columns = [int(word) for word in rest.split()]
        if name.strip() != "lo" and len(columns) >= 16:
            total += columns[_RECEIVED] + columns[_SENT]
            errors += sum(columns[index] for index in _ERRORS)
    facts: dict[str, Any] = {"bytes": total, "errors": errors, "at": now}
    before = look.before.details if look.before else {}
    if "at" not in before or now <= before["at"] or total < before["bytes"]:
        return ok("measured from the next look on", **facts) if total else _none()
    seconds = now - before["at"]
    rate = max(0, errors - before["errors"]) / seconds
    speed = (total - before["bytes"]) / seconds
    message = f"{speed * 8 / 1e6:.2f} Mbit/s, {rate:.2f} errors and drops a second"
    return judge(rate, "per second", look.limits, message, **facts, bytes_per_second=speed)


def _none() -> Result:
    return not_applicable("there is no interface besides loopback, or nothing went over it yet")


CHECK = Check(
    id="system-network",
    title="Network interfaces",
    why="Errors and drops make everything slow for no reason that a service could tell.",
    category="system",
    interval=15.0,
    unit="per second",
    thresholds=Thresholds(warning=10.0, critical=1000.0),
    run=_run,
)
