"""Remind parents of children that have ended."""

from collections.abc import Sequence

from vrooli.autoheal import procfs
from vrooli.autoheal.action import Action, find_program, run_program
from vrooli.autoheal.check import Look
from vrooli.autoheal.healer import Danger
from vrooli.core.command import Command
from vrooli.core.errors import Refused

MOST = 100
"""Parents that are reminded at once."""

_TITLE = "tell parents again that their children have ended (SIGCHLD)"


def _commands(look: Look) -> Sequence[Command]:
    """SIGCHLD is ignored by whoever does not ask for it (signal(7)), so it cannot harm."""
    parents = [pid for pid in procfs.zombie_parents(look.facts.files) if _ours(look, pid)]
    if not parents:
        raise Refused(
            "there is no parent that we may signal",
            next_step="end their parent yourself; `vrooli-autoheal checks --json` names it",
        )
    pids = [str(pid) for pid in parents[:MOST]]
    kill = find_program(look, "kill")
    return (run_program(look, ACTION.id, _TITLE, kill, "-CHLD", *pids, as_root=False),)


def _ours(look: Look, pid: int) -> bool:
    place, files = look.facts.tools.place, look.facts.files
    home, process = files.facts(str(place.home.root)), files.facts(f"/proc/{pid}")
    mine = home is not None and process is not None and home.uid == process.uid
    return pid > 1 and (place.machine.root or mine)


ACTION = Action("reap-zombies", _TITLE, Danger.SAFE, _commands)
