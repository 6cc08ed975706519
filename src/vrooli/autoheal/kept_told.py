"""What restores and upgrades kept of data, for the check of disks: it can go when one is full."""

from pathlib import PurePosixPath

from vrooli.autoheal.check import Facts
from vrooli.core.errors import VrooliError
from vrooli.core.ports.system import DiskFacts
from vrooli.stack.kept_data import kept_among
from vrooli.stack.postgres.clusters import NOTE, Clusters, parsed

_NOTE = 64 * 1024


def kept_told(facts: Facts, disk: DiskFacts) -> str:
    """Names of the folders on that disk, and what removes them; empty when there are none, or
    nobody can tell. They are not measured: that reads a full disk for minutes.
    """
    data = facts.tools.place.home.root / "data"
    found = list[str]()
    try:
        if facts.system.disk(str(data)) != disk:
            return ""
        names = facts.files.names(str(data))
        for service in facts.stack.services:
            note = facts.files.read(str(data / f"{service}{NOTE}"), _NOTE)
            known = Clusters(service) if note is None else parsed(note, NOTE)
            if kept := kept_among(names, service, known):
                folders = ", ".join(str(PurePosixPath(data, name)) for name in kept)
                found.append(f"{folders} (`vrooli resource upgrade {service} --forget --all`)")
    except VrooliError:
        return ""
    return f"; restores and upgrades kept {'; '.join(found)}" if found else ""
