"""Whether the WAL of a PostgreSQL is received, and what would be lost with the server now."""

from typing import Any

from vrooli.autoheal.backup_judging.record import led_on_since, let_go_since
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result, critical, not_applicable, warning
from vrooli.core.sizes import rough_size
from vrooli.stack.compile_wal import receiver_name
from vrooli.stack.model import Thresholds
from vrooli.stack.postgres.wal.moments import told
from vrooli.stack.postgres.wal.status import FRESH, Received, received_read
from vrooli.stack.postgres.wal.streams import STATUS

_SCARCE = 0.25
"""Share of `wal_room` that is left when it is told."""


def _run(look: Look) -> Result:
    backup, name = look.facts.stack.backup, look.resource.name
    if receiver_name(name) not in look.facts.stack.services:
        return not_applicable("its WAL is not received: [backup] does not ask for it")
    now = look.facts.tools.clock.wall()
    seen = received_read(look.facts.files.read(f"{look.facts.home}/wal/{name}/{STATUS}"))
    if seen is None or now - seen.at > FRESH:
        return critical("the receiver does not say how it is: nothing is received")
    facts = _facts(seen)
    if not seen.streaming:
        waits = "; commits wait for it" if seen.waits else ""
        what = f"for {now - seen.since:.0f} s nothing is received: {seen.why}{waits}"
        return critical(what, **facts)
    if seen.gap and not led_on_since(look, name, seen.gap):
        return critical(
            f"{seen.gap_why} at {told(seen.gap)}: no point leads on from there, "
            "`vrooli backup run` takes one",
            **facts,
        )
    if since := let_go_since(look, name):
        return warning(
            f"no moment after {told(since)} can be gone back to: the WAL of then was removed, "
            "no store takes it; `vrooli backup store adopt NAME`, then `vrooli backup run`",
            **facts,
        )
    if seen.synchronous and not seen.waits:
        return warning("commits do not wait for the receiver: it was away", **facts)
    if seen.room is not None and seen.room < _SCARCE * backup.wal_room:
        left = f"{rough_size(seen.room)} of WAL may still be kept for the receiver"
        return warning(f"{left}, then there is a gap", **facts)
    waits = ", and every commit waits for it" if seen.waits else ""
    message = f"{seen.lag_bytes} bytes at risk now, {seen.lag_seconds:.1f} s{waits}"
    return judge(seen.lag_seconds, "s", look.limits, message, **facts)


def _facts(seen: Received) -> dict[str, Any]:
    return {
        "risk_bytes": seen.lag_bytes,
        "risk_seconds": seen.lag_seconds,
        "slot": seen.slot,
        "room_bytes": seen.room,
        "stream": seen.stream,
        "synchronous": seen.waits,
    }


CHECK = Check(
    id="backup-wal",
    title="WAL of PostgreSQL",
    why="What is not received is lost with the server.",
    category="resource",
    interval=5.0,
    unit="s",
    thresholds=Thresholds(warning=10.0, critical=120.0),
    run=_run,
    timeout=5.0,
    of="postgres",
)
