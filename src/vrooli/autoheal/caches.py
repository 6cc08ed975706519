"""Which entries of cache folders nobody has touched for long: what the check weighs and the action
removes. Reading only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vrooli.core.errors import StorageError
from vrooli.core.ports.files import Files

MOST = 50_000
"""Entries that one look visits; a cache of more is weighed in part."""


@dataclass(frozen=True, slots=True)
class Caches:
    """Keys of `system-cache`.

    Attributes:
        paths: cache folders; what lies directly in them is weighed, and removed, as a whole.
        days: an entry is stale when nothing in it has changed for so long.
    """

    paths: Sequence[str] = ("/var/cache", "/root/.cache")
    days: int = 30


@dataclass(frozen=True, slots=True)
class Stale:
    """A stale entry: its path and its size in bytes."""

    path: str
    size: int


def stale(files: Files, caches: Caches, now: float) -> list[Stale]:
    """All stale entries, the largest first; what cannot be read is left out."""
    limit, budget, found = now - 86_400 * caches.days, _Budget(MOST), []
    for folder in caches.paths:
        for name in _names(files, folder):
            size, newest = _weigh(files, f"{folder.rstrip('/')}/{name}", budget)
            if size and newest < limit:
                found.append(Stale(f"{folder.rstrip('/')}/{name}", size))
    return sorted(found, key=lambda item: -item.size)


@dataclass
class _Budget:
    left: int


def _weigh(files: Files, path: str, budget: _Budget) -> tuple[int, float]:
    """Bytes, and when something in it changed last; beyond the budget it counts as fresh."""
    size, newest = 0, 0.0
    for entry in _walk(files, path, budget):
        try:
            facts = files.facts(entry)
        except StorageError:
            return 0, float("inf")
        if facts is not None:
            size += facts.size if facts.kind == "file" else 0
            newest = max(newest, facts.modified)
    return size, newest if budget.left else float("inf")


def _walk(files: Files, path: str, budget: _Budget) -> Iterator[str]:
    pending = [path]
    while pending and budget.left:
        budget.left -= 1
        entry = pending.pop()
        yield entry
        facts = files.facts(entry)
        if facts is not None and facts.kind == "folder":
            pending += [f"{entry}/{name}" for name in _names(files, entry)]


def _names(files: Files, folder: str) -> list[str]:
    try:
        return files.names(folder)
    except StorageError:
        return []
