"""How old the latest good backup is: by the record of our own, or by the state file that whoever
else makes one writes.
"""

import json
from dataclasses import dataclass
from typing import Any

from vrooli.autoheal.backup_judging.age import judge_age
from vrooli.autoheal.backup_judging.record import while_declared
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result, critical
from vrooli.stack.model import CheckSettings, Stack, Thresholds


@dataclass(frozen=True, slots=True)
class BackupFreshness:
    """Keys of `kind = "backup-freshness"`.

    Attributes:
        path: a JSON file with `finished_at` (Unix seconds) and `ok` of the latest backup, written
            anew by each; empty for our own backups, which `[backup.objectives]` judge.
    """

    path: str = ""


def _only(stack: Stack, settings: CheckSettings) -> str:
    return "" if settings.options.get("path") else while_declared(stack, settings)


def _run(look: Look) -> Result:
    return _foreign(look) if look.options.path else judge_age(look)


def _foreign(look: Look) -> Result:
    content = look.facts.files.read(look.options.path)
    if content is None:
        return critical(f"there never was a backup: no {look.options.path}")
    told = _told(content)
    finished = told.get("finished_at")
    if isinstance(finished, bool) or not isinstance(finished, int | float):
        return critical(f"{look.options.path} does not tell `finished_at`")
    age = (look.facts.tools.clock.wall() - finished) / 3600
    if told.get("ok") is not True:
        return critical(f"the latest backup failed {age:.1f} h ago", round(age, 3), "h")
    return judge(age, "h", look.limits, f"the latest good backup is {age:.1f} h old")


def _told(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


CHECK = Check(
    id="backup-freshness",
    title="Backup",
    why="A backup that silently stopped is found when it is needed. Of our own, the newest good "
    "point of each service counts against `[backup.objectives]`, and `warning` and `critical` mean "
    "nothing; of another program's they count.",
    category="own",
    interval=60.0,
    unit="h",
    thresholds=Thresholds(warning=26.0, critical=50.0),
    run=_run,
    options=BackupFreshness,
    several=True,
    only=_only,
)
