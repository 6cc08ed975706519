"""Says what going back would take, and does none of it: `python -m vrooli.main.backup_planned`, a
process of its own for each question, since the watchdog opens no store and no key.

Standard input is one JSON object: `point`, `to`, `services` and `seconds`. Standard output is one:
`parts` and `notes`; or `error`, `field`, of which of these it tells, and `usage`, whether the words
were wrong. It ends by itself after `seconds`, also when whoever started it has gone.
"""

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from vrooli.backup.point import Part, Point
from vrooli.cli.restore_parts import is_resource, without_system
from vrooli.cli.restore_plan import Asked, Plan, require_named
from vrooli.core.errors import UsageError, VrooliError
from vrooli.main.backup import StackBackups
from vrooli.main.backup_planned_files import Looked
from vrooli.main.places import find_home
from vrooli.stack.names import DEFAULT_NAME


def main() -> int:
    """Answer what standard input asks; the exit code, 0 also when it cannot be done."""
    asked: dict[str, Any] = json.load(sys.stdin)
    signal.setitimer(signal.ITIMER_REAL, float(asked["seconds"]))
    sys.stdout.write(json.dumps(_answer(asked)))
    return 0


def _answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    notes: list[str] = []
    point, to = str(asked["point"]), str(asked["to"])
    backups = StackBackups(find_home(DEFAULT_NAME, os.environ), os.environ).only("", notes.append)
    field = "services"
    try:
        words = tuple(map(str, asked["services"]))
        found = backups.parts(point or "latest", words)
        found = without_system(found, asked=bool(words))
        field = "to" if to else "point"
        wanted = Asked(point, to, False, False)
        plan = Plan(backups, wanted, "", found, named=bool(words))
        for one, part in plan.parts:
            require_named(one, part, wanted)
        field = "services"
        _require_all(plan, words)
        return {"parts": _rows(backups, plan), "notes": notes}
    except VrooliError as error:
        told = {"message": error.said_of(""), "next_step": error.next_step}
        return {"error": told, "field": field, "usage": isinstance(error, UsageError)}


def _require_all(plan: Plan, words: Sequence[str]) -> None:
    """A moment leaves out what cannot go back to one."""
    if left := sorted(set(words) - {part.service for _, part in plan.parts}):
        raise UsageError(
            f"{', '.join(left)} cannot go back to a moment, only a PostgreSQL can",
            next_step="choose a restore point for it, or leave it out",
        )


def _rows(backups: StackBackups, plan: Plan) -> Sequence[Mapping[str, Any]]:
    where = backups.store().where
    rows = [{**_row(backups, plan, point, part), "where": where} for point, part in plan.parts]
    of_files = [at for at, (_, part) in enumerate(plan.parts) if not is_resource(part)]
    for at in of_files:
        point, part = plan.parts[at]
        looked = Looked.at(backups, (point.id, part.service), len(of_files))
        rows[at] |= looked.to_json()
    return rows


def _row(backups: StackBackups, plan: Plan, point: Point, part: Part) -> Mapping[str, Any]:
    proof = backups.store().last_look(point)
    return {
        "service": part.service,
        "source": part.source,
        "point": point.id,
        "taken": point.taken,
        "plain": part.plain,
        "outcome": proof.outcome if proof else "unverified",
        "why": proof.why if proof else "",
        "since": plan.since(point, part),
        "order": _order(plan, point, part) if is_resource(part) else None,
    }


def _order(plan: Plan, point: Point, part: Part) -> Mapping[str, Any]:
    """The options of the operation that does it."""
    wish = plan.wish(point, part, dry_run=False)
    return {
        "restore": wish.restore,
        "room": wish.room,
        "until": wish.until,
        "timeline": wish.timeline,
        "mark": wish.mark,
        "archives": wish.archives,
    }


if __name__ == "__main__":
    raise SystemExit(main())
