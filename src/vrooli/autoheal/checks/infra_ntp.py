"""Whether the kernel's clock is kept in time by somebody."""

from vrooli.autoheal import procfs
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.ports.files import Files
from vrooli.core.result import Result, not_applicable, warning
from vrooli.stack.model import Thresholds

KEEPERS = ("chronyd", "ntpd", "systemd-timesyn")
"""Names of processes, which the kernel cuts after 15 characters."""

_SYSTEMD = "/run/systemd/system"


def _run(look: Look) -> Result:
    keeper = _keeper(look.facts.files)
    if not keeper and look.facts.files.facts(_SYSTEMD) is None:
        return not_applicable("nothing here keeps the clock: a container's host does")
    sync = look.facts.system.clock_sync()
    if not sync.synchronised:
        who = f"{keeper} runs" if keeper else "nothing keeps it: install chrony"
        return warning(f"the clock is not synchronised; {who}")
    message = f"synchronised, off by at most {sync.most_error * 1000:.0f} ms"
    return judge(sync.most_error * 1000, "ms", look.limits, message)


def _keeper(files: Files) -> str:
    """The program that keeps the clock, empty when none runs."""
    names = {procfs.state(files, pid)[2] for pid in procfs.pids(files)}
    return next((name for name in KEEPERS if name in names), "")


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
