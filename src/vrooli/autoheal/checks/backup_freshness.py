"""How old the latest good backup is, by the state file that whoever makes it writes."""

import json
from dataclasses import dataclass
from typing import Any

from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result, critical
from vrooli.stack.model import Thresholds


@dataclass(frozen=True, slots=True)
class BackupFreshness:
    """Keys of `kind = "backup-freshness"`.

    Attributes:
        path: a JSON file with `finished_at` (Unix seconds) and `ok` of the latest backup, written
            anew by each.
    """

    path: str


def _run(look: Look) -> Result:
    content = look.facts.files.read(look.options.path)
    if content is None:
        return critical(f"there never was a backup: no {look.options.path}")
    told = _told(content)
    finished = told.get("finished_at")
    if isinstance(finished, bool) or not isinstance(finished, int | float):
        return critical(f"{look.options.path} does not tell `finished_at`")
    hours = (look.facts.tools.clock.wall() - finished) / 3600
    if told.get("ok") is not True:
        return critical(f"the latest backup failed {hours:.1f} h ago", round(hours, 3), "h")
    return judge(hours, "h", look.limits, f"the latest good backup is {hours:.1f} h old")


def _told(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


CHECK = Check(
    id="backup-freshness",
    title="Backup",
    why="A backup that silently stopped is found when it is needed.",
    category="own",
    interval=300.0,
    unit="h",
    thresholds=Thresholds(warning=26.0, critical=50.0),
    run=_run,
    options=BackupFreshness,
    declared=True,
)
