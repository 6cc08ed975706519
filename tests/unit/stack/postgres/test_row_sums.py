"""Rows are read once each, whatever the shares."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from vrooli.stack.postgres.row_sums import BATCH, SHARE, Share, Table, query, read, shares
from vrooli.stack.postgres.upgrade.ask import Asker

PAGES = SHARE // 8192


def _table(name: str, size: int = 8192, major: int = 18, *, hashed: bool = True) -> Table:
    return Table(("public", name), size, major, hashed)


def test_small_tables_share_a_query_up_to_its_limits() -> None:
    tables = [_table(f"t{number}") for number in range(BATCH + 1)]
    assert [len(share.tables) for share in shares(tables)] == [BATCH, 1]
    half = [_table(name, SHARE // 2) for name in "abc"]
    assert [len(share.tables) for share in shares(half)] == [2, 1]


def test_a_large_table_is_cut_without_gap_or_overlap_and_the_last_share_is_open() -> None:
    found = [share.pages for share in shares([_table("big", 2 * SHARE + 8192)])]
    assert found == [(0, PAGES), (PAGES, 2 * PAGES), (2 * PAGES, None)]


def test_an_old_server_that_would_read_all_for_each_part_is_asked_once() -> None:
    assert [share.pages for share in shares([_table("big", 9 * SHARE, major=13)])] == [(0, None)]


@pytest.mark.parametrize(
    ("hashed", "content", "said"),
    [
        (True, "hash", "hash_record_extended(vrooli_row.*, 0)"),
        (False, "hash", "hashtextextended((vrooli_row.*)::text, 0)"),
        (True, "md5", "md5((vrooli_row.*)::text)"),
        (True, "number", "NULL::text"),
    ],
)
def test_rows_are_read_as_is_wanted(hashed: bool, content: Any, said: str) -> None:
    assert said in query(Share((_table("t", hashed=hashed),)), content)


def test_what_the_server_says_of_a_table() -> None:
    assert Table.of(["public", "a.b", 10, 18, True]).hashed
    assert not Table.of(["public", "a", 10, 13, True]).hashed
    assert not Table.of(["public", "no_columns", 10, 18, None]).hashed
    assert "E'public.a''b', " in query(Share((_table("a'b"),)), "number")


class _Asker:
    """Says of each share that it has as many rows as pages asked for, each of sum 1."""

    def __init__(self) -> None:
        self.asked, self.sessions = Counter[str](), 0

    @asynccontextmanager
    async def session(
        self, database: str
    ) -> AsyncIterator[Callable[[str], Awaitable[dict[str, list[Any]]]]]:
        self.sessions += 1
        yield self._said

    async def _said(self, statement: str) -> dict[str, list[Any]]:
        await asyncio.sleep(0)
        self.asked[statement] += 1
        names = re.findall(r"E'(public\.\w+)'", statement)
        empty = None if "ctid >=" in statement and "ctid <" not in statement else "5"
        return {name: [3, empty] for name in names}


def test_shares_of_a_table_are_added_up_and_asked_for_once() -> None:
    asker = _Asker()
    tables = [_table("big", 2 * SHARE + 8192), _table("a"), _table("b")]
    found = asyncio.run(read(cast(Asker, asker), "db", tables, "hash"))
    assert found == {"public.big": [9, "10"], "public.a": [3, "5"], "public.b": [3, "5"]}
    assert set(asker.asked.values()) == {1}
    assert len(asker.asked) == 4


def test_one_session_reads_many_shares_and_not_all() -> None:
    asker = _Asker()
    found = asyncio.run(read(cast(Asker, asker), "db", [_table("big", 99 * SHARE)], "hash"))
    assert found["public.big"][0] == 300
    assert (len(asker.asked), set(asker.asked.values())) == (100, {1})
    assert 7 <= asker.sessions <= 10
