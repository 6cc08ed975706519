"""The history of a stack twice: in the watchdog's spool, and the server's copy in PostgreSQL."""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Sequence
from typing import Any

import asyncpg

from tests.support.stack import LiveStack


async def connect(stack: LiveStack) -> Any:
    """To the stack's database, as its role."""
    secret = next((stack.home / "secrets").glob("postgres-vrooli*"))
    return await asyncpg.connect(
        host="127.0.0.1",
        port=stack.port("postgres"),
        user="vrooli",
        database="vrooli",
        password=secret.read_text(encoding="ascii").strip(),
        timeout=5,
    )


def spooled(stack: LiveStack, what: str = "seq", where: str = "1") -> list[Any]:
    """Of all records in the spool: one column, the oldest first."""
    uri = f"file:{stack.home / 'spool.db'}?mode=ro"
    query = f"SELECT {what} FROM records WHERE {where} ORDER BY seq"
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as spool:
        return [row[0] for row in spool.execute(query)]


def all_spooled(stack: LiveStack, upto: int) -> list[tuple[Any, ...]]:
    """Every record of the spool up to this number: its time, its number, and all that it says."""
    uri = f"file:{stack.home / 'spool.db'}?mode=ro"
    columns = "boot, seq, at, kind, subject, status, value, data"
    query = f"SELECT {columns} FROM records WHERE seq <= ? ORDER BY seq"
    with contextlib.closing(sqlite3.connect(uri, uri=True)) as spool:
        return [_plain(row) for row in spool.execute(query, (upto,))]


async def all_copied(stack: LiveStack, upto: int) -> list[tuple[Any, ...]]:
    """The same of the copy."""
    connection = await connect(stack)
    try:
        rows = await connection.fetch(
            "SELECT boot, seq, extract(epoch FROM at)::float8, kind, subject, status, value, "
            "data::text FROM history WHERE seq <= $1 ORDER BY seq",
            upto,
        )
        return [_plain(row) for row in rows]
    finally:
        await connection.close()


def _plain(row: Sequence[Any]) -> tuple[Any, ...]:
    boot, seq, at, kind, subject, status, value, data = row
    return at, seq, boot, kind, subject, status or "", value, json.loads(data)


async def until_copied(stack: LiveStack, upto: int = 0) -> Sequence[int]:
    """The numbers of the copy, once it has come to `upto` (and to the 20th record at least), with
    no gap and no duplicate; the spool goes on growing meanwhile.
    """
    connection = await connect(stack)
    try:
        for _ in range(300):
            kept = spooled(stack)
            rows = await connection.fetch("SELECT seq FROM history ORDER BY seq")
            copied = [row["seq"] for row in rows]
            last = copied[-1] if copied else 0
            assert len(copied) == len(set(copied)), "duplicates"
            missing = {seq for seq in kept if seq <= last} - set(copied)
            assert not missing, f"gaps: {sorted(missing)[:20]}"
            if last >= max(upto, kept[0] + 20):
                return copied
            await asyncio.sleep(0.2)
    finally:
        await connection.close()
    raise AssertionError("nothing arrives")
