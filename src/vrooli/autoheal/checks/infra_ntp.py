"""Whether the kernel's clock is kept in time by somebody."""

from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.ports.files import Files
from vrooli.core.result import Result, not_applicable, warning
from vrooli.stack.model import Thresholds

KEEPERS = ("chronyd", "ntpd", "systemd-timesyncd")
_FOLDERS = ("/usr/sbin", "/usr/lib/systemd", "/lib/systemd")


def _run(look: Look) -> Result:
    if not _keeper(look.facts.files):
        return not_applicable("no program here keeps the clock: install chrony")
    sync = look.facts.system.clock_sync()
    if not sync.synchronised:
        return warning("the clock is not synchronised")
    message = f"synchronised, off by at most {sync.most_error * 1000:.0f} ms"
    return judge(sync.most_error * 1000, "ms", look.limits, message)


def _keeper(files: Files) -> str:
    for name in KEEPERS:
        for folder in _FOLDERS:
            if files.facts(f"{folder}/{name}") is not None:
                return name
    return ""


CHECK = Check(
    id="infra-ntp",
    title="Clock synchronisation",
    why="A clock that drifts breaks certificates, tokens and the order of what happened.",
    category="infra",
    interval=300.0,
    unit="ms",
    thresholds=Thresholds(warning=1000.0, critical=16_000.0),
    run=_run,
    ladder=("restart-timesyncd", "restart-chrony"),
)
