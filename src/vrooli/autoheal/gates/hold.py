"""A backup, a deploy or anything else is under way that a restart would spoil: while it runs, it
holds a lock on a file in the folder `holds` of the home. `flock(1)` does that for any program.
"""

from vrooli.autoheal.filelocks import holder
from vrooli.autoheal.gate import Around, Gate

LONGEST_HOLD = 86_400.0
"""Seconds: what hangs for longer than a day is no reason any more."""


def _look(around: Around) -> str:
    folder = around.home.holds
    for name in around.files.names(str(folder)):
        path = str(folder / name)
        pid = holder(around.files, path, around.steps.wall(), LONGEST_HOLD)
        if pid is not None:
            return f"{name.removesuffix('.lock')} is under way (process {pid} holds {path})"
    return ""


GATE = Gate(
    id="hold",
    when="somebody holds a lock on a file in `holds` of the home: a backup, a deploy; for "
    f"{LONGEST_HOLD / 3600:g} h at most",
    look=_look,
)
