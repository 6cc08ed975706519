"""A spool with a past, as the watchdogs of the days before would have left it."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from vrooli.autoheal import rollup, spool
from vrooli.autoheal.record import Kind, Record, to_row


def seed(path: Path, records: Iterable[Record]) -> None:
    """Write `records`, in the order of their time, and roll them up."""
    ordered = sorted(records, key=lambda record: record.at)
    first = ordered[0].at if ordered else 0.0
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with closing(spool.open_spool(path, first).connection) as connection:

        def write(_: Any) -> None:
            for record in ordered:
                spool.insert(connection, to_row(record, "boot before"))

        spool.transaction(connection, write)
        while spool.transaction(connection, partial(rollup.fold, step=50_000)):
            pass


def looks(
    check: str, began: float, ended: float, every: float, status: str = "ok", **said: Any
) -> Iterator[Record]:
    """Results of a check. `said` may hold `value` (or a function of the time) and what else the
    data holds.
    """
    value = said.pop("value", None)
    count = int((ended - began) / every)
    for number in range(count):
        at = began + number * every
        measured = value(at) if callable(value) else value
        data = {"message": f"{check} is {status}", "every": every, **said}
        yield Record(Kind.RESULT, check, status, measured, data, at)
