"""How a rescued table differs from the one that serves, and what would take rows over. Statements
are made here; nothing is changed by any that this module sends.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from vrooli.stack.postgres.rescue.tables import Facts, Table
from vrooli.stack.postgres.upgrade.ask import Asker, quoted
from vrooli.stack.postgres.wal.moments import Reached

SHOWN = 5
"""Keys of each kind that are told."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What was seen.

    Attributes:
        live, rescued: rows of both.
        only_live, only_rescued, changed: rows; changed ones are known by the primary key.
        keys: the first few keys of each of these three.
        key: the columns by which rows were compared; empty: by all that they hold.
    """

    live: int
    rescued: int
    only_live: int
    only_rescued: int
    changed: int = 0
    key: tuple[str, ...] = ()
    keys: dict[str, list[list[str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rescued:
    """What became of it.

    Attributes:
        table: as it was called; `copy` as it is called now.
        rows_differ: how it differs from the one that serves; None where there is none.
        take_missing, take_changed: statements that would take rows over; empty where none can.
        undo: the statement that removes what was made.
        reached: of which moment it is, where that is another than that of the restore point.
    """

    table: Table
    copy: Table
    rows_differ: Difference | None
    take_missing: str
    take_changed: str
    undo: str
    reached: Reached | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """The two tables, in one database.

    Attributes:
        columns: what both have, in the order of the rescued one.
        key: by which rows are told apart; empty: by all that they hold.
        written: columns that can be written.
    """

    live: Table
    rescued: Table
    columns: tuple[str, ...]
    key: tuple[str, ...]
    written: tuple[str, ...]

    async def differ(self, asker: Asker) -> Difference:
        """Compare them, as text, so that a type without an equality has one."""
        if not self.key:
            said = await asker.json(self._by_all(), self.live.database)
            return Difference(**said)
        said = await asker.json(self._by_key(), self.live.database)
        keys = {}
        for kind, condition in _KINDS.items():
            if said[kind]:
                keys[kind] = await asker.json(self._first(condition), self.live.database)
        return Difference(**said, key=self.key, keys=keys)

    def _by_key(self) -> str:
        counts = ", ".join(
            f"'{kind}', count(*) FILTER (WHERE {condition})" for kind, condition in _KINDS.items()
        )
        return (
            "SELECT json_build_object('live', count(l.vrooli_in), 'rescued', count(r.vrooli_in), "
            f"{counts}) FROM {self._joined()}"
        )

    def _first(self, condition: str) -> str:
        keys = ", ".join(f"coalesce(l.k{n}, r.k{n})" for n, _ in enumerate(self.key))
        return (
            f"SELECT json_agg(k) FROM (SELECT json_build_array({keys}) k FROM {self._joined()} "
            f"WHERE {condition} ORDER BY {keys} LIMIT {SHOWN}) first"
        )

    def _joined(self) -> str:
        equal = " AND ".join(f"l.k{n} = r.k{n}" for n, _ in enumerate(self.key))
        return f"{self._side(self.live)} l FULL JOIN {self._side(self.rescued)} r ON {equal}"

    def _side(self, table: Table) -> str:
        keys = [f"{quoted(name)}::text AS k{n}" for n, name in enumerate(self.key)]
        all_of_it = f"ROW({_texts(self.columns)}) AS vrooli_row"
        return f"(SELECT true AS vrooli_in, {', '.join([*keys, all_of_it])} FROM {table.qualified})"

    def _by_all(self) -> str:
        live, rescued = (
            f"SELECT {_texts(self.columns)} FROM {table.qualified}"
            for table in (self.live, self.rescued)
        )
        return (
            "SELECT json_build_object("
            f"'live', (SELECT count(*) FROM {self.live.qualified}), "
            f"'rescued', (SELECT count(*) FROM {self.rescued.qualified}), "
            f"'only_live', (SELECT count(*) FROM ({live} EXCEPT ALL {rescued}) a), "
            f"'only_rescued', (SELECT count(*) FROM ({rescued} EXCEPT ALL {live}) b))"
        )

    def missing_back(self) -> str:
        """The statement that takes over the rows which are only in the rescued one."""
        names = ", ".join(map(quoted, self.written))
        taken = ", ".join(f"r.{quoted(name)}" for name in self.written)
        into = f"INSERT INTO {self.live.qualified} ({names}) OVERRIDING SYSTEM VALUE"
        if not self.key:
            both = (self.rescued.qualified, self.live.qualified)
            rescued, live = (f"SELECT {names} FROM {name}" for name in both)
            return f"{into} {rescued} EXCEPT ALL {live};"
        return (
            f"{into} SELECT {taken} FROM {self.rescued.qualified} r WHERE NOT EXISTS "
            f"(SELECT 1 FROM {self.live.qualified} l WHERE {self._equal()});"
        )

    def changed_back(self) -> str:
        """The statement that has changed rows be as the rescued ones; empty without a key."""
        others = [name for name in self.written if name not in self.key]
        if not self.key or not others:
            return ""
        put = ", ".join(f"{quoted(name)} = r.{quoted(name)}" for name in others)
        return (
            f"UPDATE {self.live.qualified} l SET {put} FROM {self.rescued.qualified} r "
            f"WHERE {self._equal()};"
        )

    def _equal(self) -> str:
        return " AND ".join(f"l.{quoted(name)} = r.{quoted(name)}" for name in self.key)


def pair(live: Table, serving: Facts, rescued: Table, was: Facts) -> Pair:
    """The two, by what is known of both."""
    columns = tuple(name for name in was.columns if name in serving.columns)
    key = serving.key or was.key
    return Pair(
        live,
        rescued,
        columns,
        key if set(key) <= set(columns) else (),
        tuple(name for name in columns if name not in serving.generated),
    )


_KINDS = {
    "only_live": "r.vrooli_in IS NULL",
    "only_rescued": "l.vrooli_in IS NULL",
    "changed": "l.vrooli_in AND r.vrooli_in AND l.vrooli_row IS DISTINCT FROM r.vrooli_row",
}


def _texts(names: Sequence[str]) -> str:
    return ", ".join(f"{quoted(name)}::text" for name in names)


def to_json(found: Difference) -> dict[str, Any]:
    """For programs."""
    return {
        "live_rows": found.live,
        "rescued_rows": found.rescued,
        "only_live": found.only_live,
        "only_rescued": found.only_rescued,
        "changed": found.changed,
        "key": list(found.key),
        "keys": found.keys,
    }
