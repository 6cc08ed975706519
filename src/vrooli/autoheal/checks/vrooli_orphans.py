"""Processes of this stack that nobody keeps: started by a keeper, and known to none."""

from vrooli.autoheal import procfs
from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.errors import StorageError
from vrooli.core.ports.files import Files
from vrooli.core.result import Result
from vrooli.stack.model import Thresholds

_LAUNCH, _HOME = b"VROOLI_LAUNCH=", b"VROOLI_HOME="


async def _run(look: Look) -> Result:
    keeper, files, home = look.facts.tools.keeper, look.facts.files, look.facts.home.encode()
    known = {launch.launch_id for launch in await keeper.launches()}
    known.add(_launch(files, "self", home))  # the watchdog's own children
    found = {pid: launch for pid in procfs.pids(files) if (launch := _launch(files, pid, home))}
    known |= {launch.launch_id for launch in await keeper.launches()}  # started meanwhile
    orphans = [pid for pid, launch in found.items() if launch not in known]
    named = f": {', '.join(map(str, orphans[:10]))}" if orphans else ""
    return judge(len(orphans), "processes", look.limits, f"{len(orphans)} orphans{named}")


def _launch(files: Files, pid: int | str, home: bytes) -> str:
    """The launch that a process of this home belongs to; empty of others."""
    try:
        variables = (files.read(f"/proc/{pid}/environ") or b"").split(b"\0")
    except StorageError:  # another user's: none that we have started
        return ""
    if _HOME + home not in variables:
        return ""
    found = [value.removeprefix(_LAUNCH) for value in variables if value.startswith(_LAUNCH)]
    # The keeper writes `<home id>:<launch id>`.
    return found[0].decode("ascii", "replace").rpartition(":")[2] if found else ""


CHECK = Check(
    id="vrooli-orphans",
    title="Orphans",
    why="A process that outlived its service holds its port and its files.",
    category="watchdog",
    interval=120.0,
    unit="processes",
    thresholds=Thresholds(warning=1.0, critical=20.0),
    run=_run,
)
