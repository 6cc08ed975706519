"""Lock files of this stack that name a process which is gone."""

import json

from vrooli.autoheal import procfs
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result
from vrooli.stack.model import Thresholds


def _run(look: Look) -> Result:
    files, home = look.facts.files, look.facts.home
    stale = []
    for name in files.names(home):
        if name.endswith(".lock"):
            pid = _pid(procfs.text(files, f"{home}/{name}") or "")
            if pid and files.facts(f"/proc/{pid}") is None:
                stale.append(f"{name} (pid {pid})")
    named = f": {', '.join(stale)}" if stale else ""
    return judge(len(stale), "files", look.limits, f"{len(stale)} stale locks{named}")


def _pid(content: str) -> int:
    """The process that a lock names; 0 when it names none."""
    try:
        value = json.loads(content or "{}")
    except ValueError:
        return 0
    pid = value.get("pid") if isinstance(value, dict) else value
    return pid if isinstance(pid, int) else 0


CHECK = Check(
    id="vrooli-stale-locks",
    title="Stale locks",
    why="The kernel lets go of a dead process's lock; what the file still says misleads people.",
    category="watchdog",
    interval=300.0,
    unit="files",
    thresholds=Thresholds(warning=1.0, critical=10.0),
    run=_run,
)
