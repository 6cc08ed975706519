"""Where restore points lie: whether there is room, on another disk than that of the data, and
whether somebody could open them when this machine is gone.
"""

from vrooli.autoheal.backup_judging import places
from vrooli.autoheal.backup_judging.record import ledger_of, while_declared, worst_of
from vrooli.autoheal.check import Check, Look
from vrooli.core.result import Result


def _run(look: Look) -> Result:
    folders, ledger = places.folders(look), ledger_of(look)
    findings = [
        finding
        for name, folder in folders.items()
        for finding in places.of_folder(look, name, folder, ledger)
    ]
    findings += [*places.apart(look, folders), *places.key(look), *places.ours(look, ledger)]
    where = ", ".join(folders.values()) or "all of them are elsewhere"
    fullest = max((places.used(look, folder) for folder in folders.values()), default=None)
    return worst_of(findings, f"there is room: {where}", fullest, "%" if folders else "")


CHECK = Check(
    id="backup-store",
    title="Place of backups",
    why="Restore points that no longer fit are not taken, and those on the disk of the data, or "
    "whose key is on this machine alone, are lost together with it.",
    category="own",
    interval=60.0,
    unit="%",
    thresholds=places.LIMITS,
    run=_run,
    only=while_declared,
)
