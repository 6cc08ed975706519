"""Whether a copy holds the rows that its source held. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vrooli.stack.postgres.source_rows import Marks
from vrooli.stack.postgres.upgrade.compare import SHOWN
from vrooli.stack.postgres.upgrade.facts import Facts

NOT_READ = "rows were not compared with the source: none was read there"


@dataclass(frozen=True, slots=True)
class Compared:
    """What came out.

    Attributes:
        by_content, by_number: tables that hold the same.
        rows: of these.
        written: tables that differ and were written to meanwhile, a line each.
        wrong: tables that differ and were not, as far as is known, a line each.
        left_out: tables that were too large, or too many, to be read.
        unread: whether there is nothing to compare with.
    """

    by_content: int = 0
    by_number: int = 0
    rows: int = 0
    written: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    left_out: int = 0
    unread: bool = False

    def lines(self, when: str = "at the end of the copy") -> list[str]:
        """In words, for the proof; `when` the source was read."""
        if self.unread:
            return [NOT_READ]
        same = (
            f"{self.by_content + self.by_number} tables hold what the source held {when}: "
            f"{self.by_content} by content, {self.by_number} by number of rows"
        )
        more = len(self.written) - SHOWN
        shown = [f"written meanwhile: {line}" for line in self.written[:SHOWN]]
        if more > 0:
            shown.append(f"written meanwhile: {more} more")
        if self.left_out:
            shown.append(
                f"{self.left_out} tables were not read in the source: too large, too many, or "
                "not to be"
            )
        return [same, *shown]

    def numbers(self) -> dict[str, int]:
        """For charts."""
        return {
            "same_content": self.by_content,
            "same_number": self.by_number,
            "written_meanwhile": len(self.written),
            "not_compared": self.left_out,
        }


def by_content(source: Mapping[str, Any], major: int) -> dict[str, frozenset[str]]:
    """By database the tables of a source that a copy is compared with by content, where a server of
    `major` reads it: those whose rows were hashed, by the same version.
    """
    if source.get("hashed_by") != major:
        return {}
    return {
        database: frozenset(table for table, seen in tables.items() if seen[1] is not None)
        for database, tables in source["in"].items()
    }


def compared(source: Mapping[str, Any], copy: Facts, now: Marks, major: int) -> Compared:
    """Compare.

    Args:
        source: what `source_rows.read` told.
        copy: what `facts.gather` told of the copy.
        now: marks of the source as of now; empty where it cannot be asked.
        major: version of the server that read the copy; another one may hash rows to others.
    """
    same_hash = source.get("hashed_by") == major
    written: list[str] = []
    wrong: list[str] = []
    content = number = rows = 0
    for database, tables in source["in"].items():
        there = copy["in"].get(database, {}).get("tables", {})
        for table, (count, hashed, before, after) in tables.items():
            held, checksum = there.get(table), hashed if same_hash else None
            if held is not None and held[0] == count and checksum in (None, held[1]):
                whole = checksum is not None or not count
                content += whole
                number += not whole
                rows += int(count)
                continue
            line = f"{database}: {table}: {_differs(count, held)}"
            changed = before != after or now.get(database, {}).get(table, before) != before
            (written if changed else wrong).append(line)
    left_out, unread = int(source["left_out"]), is_unread(source)
    return Compared(content, number, rows, written, wrong, left_out, unread)


def is_unread(source: Mapping[str, Any]) -> bool:
    """Whether no row was read of what `source_rows.read` told: nobody asked for it (`--no-rows`),
    or all tables were too large.
    """
    if not source or source.get("reading") == "none":
        return True
    return bool(source.get("left_out")) and not any((source.get("in") or {}).values())


def _differs(count: int, held: Any) -> str:
    if held is None:
        return f"{count} rows in the source, not in the copy"
    if held[0] == count:
        return f"{count} rows in both, with another content"
    return f"{count} rows in the source, {held[0]} in the copy"
