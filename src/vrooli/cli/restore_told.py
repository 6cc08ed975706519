"""How a restore is told: what it will take and lose, then what it took and lost."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vrooli.cli import render
from vrooli.cli.backup_words import when
from vrooli.cli.interrupt import interruptible
from vrooli.cli.kit import Kit, Progress
from vrooli.cli.lifecycle import HOW_FAR, follow
from vrooli.cli.status import read_status
from vrooli.core.sizes import rough_size

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.point import Part, Point
    from vrooli.core.home import Home
    from vrooli.stack.upgrading import Wish

SETTLES = 120.0
"""Seconds that what needs the service may take until it is healthy again."""

_PAUSE = 0.2


def tell_plan(backups: "Backups", parts: "list[tuple[Point, Part]]") -> None:
    """Where they come from, how much of them there is, and how long it may take."""
    for _, part in parts:
        render.note(f"  {part.service}: {rough_size(part.plain)} ({part.source})")
    render.note(f"  from {', or '.join(backups.addresses.values())}")
    ids = {point.id for point, _ in parts}
    known = [one.seconds for one in backups.ledger().points if one.id in ids and one.seconds]
    if known:
        render.note(f"  about {sum(known):.0f} s, as long as the last proof took")


@dataclass(frozen=True, slots=True)
class Restoring:
    """The restore of one service.

    Attributes:
        begun: Unix seconds of the beginning of the command.
        since: Unix seconds; what was committed before is in what is restored.
        ended: Unix seconds at which what served began to fail; 0 where it does not.
    """

    kit: Kit
    home: "Home"
    service: str
    begun: float
    since: float
    ended: float = 0.0

    def carry_out(self, wish: "Wish", *, json: bool) -> dict[str, Any]:
        """Have it done, and tell what it took; with `json` that is left to who asked."""
        steps = _Steps(self.kit.upgrade(self.home, self.service, wish), self.service)
        told = steps.to_the_end() if json else dict(follow(steps.noted(), json=False))
        if told.get("ok") and not wish.dry_run:
            told |= self._reached(steps.stopped)
        if not json and "rto_seconds" in told:
            _tell_reached(told)
        return {"point": wish.restore, "service": self.service, "steps": steps.lines, **told}

    def _reached(self, stopped: float) -> dict[str, Any]:
        unwell = _unwell(self.kit, self.home, self.service)
        ended = self.ended or stopped or self.begun
        return {
            "rto_seconds": round(time.time() - self.begun, 3),
            "rpo_seconds": round(max(0.0, ended - self.since), 3),
            "data_until": round(self.since, 3),
            "written_until": round(ended, 3),
            "unwell": unwell,
        }


class _Steps:
    """The lines of an operation, kept, with the moment at which it had stopped the service."""

    def __init__(self, progress: Progress, service: str) -> None:
        self._progress, self._service = progress, service
        self.lines: list[dict[str, Any]] = []
        self.stopped = 0.0

    def noted(self) -> Iterator[dict[str, Any]]:
        """All of them, as they come."""
        from vrooli.stack.progress import measured

        for line in self._progress:
            if measured(line) is None:  # how far it is tells nothing once it has ended
                self.lines.append(line)
            if line.get("phase") == "stopped" and line.get("service") == self._service:
                self.stopped = time.time()
            yield line

    def to_the_end(self) -> dict[str, Any]:
        """The last one, which is not kept."""
        with interruptible("the watchdog goes on with it", HOW_FAR, or_ended=True):
            for _ in self.noted():
                pass
        return self.lines.pop() if self.lines else {"ok": False}


def _unwell(kit: Kit, home: "Home", service: str) -> list[str]:
    """What needs it and is not healthy in time, or it itself."""
    deadline = time.monotonic() + SETTLES
    while True:
        rows = {row["name"]: row for row in read_status(kit, home)["services"]}
        about = {service, *_dependents(rows, service)}
        meant = [row for name, row in rows.items() if name in about and row["state"] != "stopped"]
        unwell = [row["name"] for row in meant if row["health"] not in ("ok", "warning")]
        if not unwell or time.monotonic() >= deadline:
            return unwell
        time.sleep(_PAUSE)


def _dependents(rows: Mapping[str, Mapping[str, Any]], service: str) -> set[str]:
    found = {service}
    while more := {name for name, row in rows.items() if found & {*row["needs"]}} - found:
        found |= more
    return found


def _tell_reached(told: Mapping[str, Any]) -> None:
    render.note(f"  RTO {told['rto_seconds']:.1f} s, from the beginning of this command")
    render.note(
        f"  RPO at most {told['rpo_seconds']:.1f} s: all that was committed until "
        f"{when(told['data_until'])} is back; it could be written to until "
        f"{when(told['written_until'])}"
    )
    if told["unwell"]:
        names = ", ".join(told["unwell"])
        render.note(f"  not healthy after {SETTLES:g} s: {names}; `vrooli status` says more")
