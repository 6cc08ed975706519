"""Whether a database is still the one that was backed up. Who lost its folder is given a new, empty
one by the next start: that serves, is healthy, and holds nothing.
"""

from vrooli.autoheal.check import Look
from vrooli.core.errors import VrooliError
from vrooli.stack.backup_ledger import BackupLedger
from vrooli.stack.postgres.clusters import MADE_OF, NOTE, parsed

_CONTROL = 8192
"""Bytes of `pg_control`; it begins with the number that `initdb` gives a cluster (ControlFileData
in pg_control.h)."""

_NOTE = 64 * 1024


def made_anew(look: Look, ledger: BackupLedger, service: str) -> str:
    """Why it is another one than in its newest restore point; empty when it is that one, or a
    restore made it of archives, or nobody can tell: other checks say what cannot be read.
    """
    newest = next((one for one in reversed(ledger.points) if service in one.systems), None)
    if newest is None:
        return ""
    now = _system(look, service)
    if not now or now == newest.systems[service]:
        return ""
    if had := [one.id for one in ledger.points if one.systems.get(service) == now]:
        return (
            f"{service} is the database of {had[-1]} again, and not that of {newest.id}: "
            "`vrooli backup run` takes a point of it"
        )
    return (
        f"{service} is another database than in {newest.id}: it was made anew. If its data was "
        f"lost, `vrooli restore --only {service}`; if an upgrade or you made it anew, "
        "`vrooli backup run --anew`"
    )


def _system(look: Look, service: str) -> str:
    """Empty where it does not matter."""
    folder, files = look.facts.tools.place.home.root / "data", look.facts.files
    try:
        note = files.read(str(folder / f"{service}{NOTE}"), _NOTE)
        current = service if note is None else parsed(note, NOTE).current
        control = files.read(str(folder / current / "global" / "pg_control"), _CONTROL)
        if files.read(str(folder / current / MADE_OF), _NOTE):
            return ""
    except VrooliError:
        return ""
    return str(int.from_bytes(control[:8], "little")) if control else ""
