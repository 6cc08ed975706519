"""The step `sql` on a real PostgreSQL."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.postgres import Postgres, running_postgres
from tests.support.steps import executed, failure, output, tools
from tests.support.waiting import eventually
from vrooli.flow.entries import Finished
from vrooli.host.clock import SystemClock
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.host.sql import AsyncpgSql


async def ask(dsn: str, query: str, *parameters: Any, **more: Any) -> Finished:
    seconds = more.pop("within", 60.0)
    given = tools(
        sql=AsyncpgSql(), clock=SystemClock(), secrets=MemorySecrets({"env:REPORT_DB": dsn})
    )
    arguments = {"database": "env:REPORT_DB", "query": query, "parameters": list(parameters)}
    return await executed("sql", {**arguments, **more}, given, seconds)


async def rows(dsn: str, query: str, *parameters: Any, **more: Any) -> Any:
    return output(await ask(dsn, query, *parameters, **more))["rows"]


async def value(dsn: str, expression: str, *parameters: Any) -> Any:
    (row,) = await rows(dsn, f"SELECT {expression} AS it", *parameters)
    return row["it"]


@asynccontextmanager
async def cutting(dsn: str, *, forward: bool) -> AsyncIterator[str]:
    """The way to the database, cut at a COMMIT: after it was handed on, or before."""
    parts = urlsplit(dsn)

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if b"COMMIT" in data:
                if forward:
                    writer.write(data)
                    await writer.drain()
                return
            writer.write(data)
            await writer.drain()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection(parts.hostname, parts.port)
        tasks = [asyncio.create_task(pump(reader, ours)), asyncio.create_task(pump(theirs, writer))]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in (writer, ours):
            one.close()
            with suppress(ConnectionError):
                await one.wait_closed()
        ended.set()

    ended = asyncio.Event()
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield dsn.replace(f":{parts.port}/", f":{port}/")
        await ended.wait()


async def test_rows_come_as_objects(dsn: str) -> None:
    query = "SELECT n, n * $1 AS doubled FROM generate_series(1, 3) AS n"
    got = output(await ask(dsn, query, 2))
    assert got == {
        "columns": ["n", "doubled"],
        "rows": [{"n": 1, "doubled": 2}, {"n": 2, "doubled": 4}, {"n": 3, "doubled": 6}],
        "truncated": False,
    }


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("NULL", None),
        ("true", True),
        ("9007199254740993::bigint", 9007199254740993),
        ("1.5::float8", 1.5),
        ("'NaN'::float8", "nan"),
        ("'Infinity'::numeric", "Infinity"),
        ("sum(n) FROM generate_series(1, 3) AS n", 6),
        ("avg(n) FROM generate_series(1, 2) AS n", 1.5),
        ("'ä'::text", "ä"),
        ("DATE '2026-12-31'", "2026-12-31"),
        ("TIMESTAMPTZ '2026-12-31 18:00:00.5+02'", "2026-12-31T16:00:00.5+00"),
        ("TIMESTAMP 'infinity'", "infinity"),
        ("INTERVAL '1 day 2 hours'", "P1DT2H"),
        ("TIME '10:00'", "10:00:00"),
        ("'{\"a\": [1, null]}'::jsonb", {"a": [1, None]}),
        ("'3'::json", 3),
        ("'\\x00ff'::bytea", "\\x00ff"),
        ("'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
        ("ARRAY[DATE '2026-01-01', NULL]", ["2026-01-01", None]),
        ("ROW(1, 'a'::text)", [1, "a"]),
        ("int4range(1, 5)", [1, 5]),
        ("'10.0.0.0/8'::cidr", "10.0.0.0/8"),
        ("B'0101'", "0101"),
        ("point(1, 2)", [1.0, 2.0]),
    ],
)
async def test_a_value_comes_as_json(dsn: str, expression: str, expected: Any) -> None:
    alias = expression.replace(" FROM", " AS it FROM") if " FROM" in expression else expression
    query = f"SELECT {alias}" if " FROM" in expression else f"SELECT {alias} AS it"
    assert await rows(dsn, query) == [{"it": expected}]


@pytest.mark.parametrize(
    ("expression", "given", "expected"),
    [
        ("$1::date + 1", "2026-12-31", "2027-01-01"),
        ("$1::numeric", "1e3", 1000),
        ("$1::numeric", 1.25, 1.25),
        ("$1::jsonb", {"a": "b"}, {"a": "b"}),
        ("$1::jsonb", "text", "text"),
        ("$1::int[]", [1, 2], [1, 2]),
        ("$1::timestamptz", "2026-12-31T18:00:00Z", "2026-12-31T18:00:00+00"),
        ("$1::text", "'; DROP TABLE x; --", "'; DROP TABLE x; --"),
    ],
)
async def test_a_parameter_goes_as_its_type(
    dsn: str, expression: str, given: Any, expected: Any
) -> None:
    assert await value(dsn, expression, given) == expected


@pytest.mark.parametrize(
    ("query", "parameters"),
    [("SELECT $1::int", ["many"]), ("SELECT $1::int", []), ("SELECT 1", [1])],
)
async def test_a_parameter_that_does_not_fit(dsn: str, query: str, parameters: list[Any]) -> None:
    assert failure(await ask(dsn, query, *parameters)) == ("arguments", False)


@pytest.mark.parametrize(
    "query",
    [
        "CREATE TABLE other (n int)",
        "INSERT INTO it VALUES (2)",
        "WITH new AS (INSERT INTO it VALUES (2) RETURNING n) SELECT * FROM new",
        "DO $$ BEGIN SET TRANSACTION READ WRITE; INSERT INTO it VALUES (2); END $$",
        "DO $$ BEGIN PERFORM set_config('transaction_read_only', 'off', true);"
        " INSERT INTO it VALUES (2); END $$",
        "DO $$ BEGIN COMMIT; SET default_transaction_read_only = off; BEGIN; END $$",
        "DO $$ BEGIN COMMIT; INSERT INTO it VALUES (2); END $$",
        "COMMIT; INSERT INTO it VALUES (2)",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        "COMMIT",
        "SET default_transaction_read_only = off",
        "COPY it FROM '/dev/null'",
        "EXPLAIN ANALYZE INSERT INTO it VALUES (2)",
        "SELECT nextval('numbers')",
    ],
)
async def test_nothing_is_changed_unasked(dsn: str, query: str) -> None:
    output(await ask(dsn, "CREATE TABLE it (n int)", write=True))
    output(await ask(dsn, "CREATE SEQUENCE numbers", write=True))
    ended = await ask(dsn, query)
    if ended.failure is not None:
        assert failure(ended) in (("read-only", False), ("sql", False)), ended.failure
    assert await rows(dsn, "SELECT n FROM it") == []
    assert await rows(dsn, "SELECT is_called FROM numbers") == [{"is_called": False}]
    assert await value(dsn, "to_regclass('other') IS NULL") is True


async def test_what_is_asked_for_is_changed(dsn: str) -> None:
    assert "affected" in output(await ask(dsn, "CREATE TABLE it (n int)", write=True))
    query = "INSERT INTO it SELECT generate_series(1, $1)"
    assert output(await ask(dsn, query, 3, write=True))["affected"] == 3
    query = "UPDATE it SET n = n * 10 RETURNING n"
    got = output(await ask(dsn, query, write=True, max_rows=1))
    assert (got["rows"], got["truncated"]) == ([{"n": 10}], True)
    assert await rows(dsn, "SELECT sum(n) AS n FROM it") == [{"n": 60}]


async def test_more_rows_than_wanted_are_said_to_be_more(dsn: str) -> None:
    query = "SELECT n FROM generate_series(1, 250) AS n"
    for most, count, more in ((249, 249, True), (250, 250, False), (1000, 250, False)):
        got = output(await ask(dsn, query, max_rows=most))
        assert (len(got["rows"]), got["truncated"]) == (count, more)


async def test_too_much_is_not_read(dsn: str) -> None:
    query = "SELECT repeat('x', 10000) AS x FROM generate_series(1, 10000)"
    assert failure(await ask(dsn, query, max_rows=10_000)) == ("too-large", False)


@pytest.mark.parametrize(
    ("query", "state"),
    [
        ("SELEC 1", "42601"),
        ("SELECT * FROM nowhere", "42P01"),
        ("SELECT 1; SELECT 2", "42601"),
        ("SELECT 1/0", "22012"),
    ],
)
async def test_a_mistake_is_told_in_the_words_of_postgres(dsn: str, query: str, state: str) -> None:
    ended = await ask(dsn, query)
    assert failure(ended) == ("sql", False)
    assert ended.failure is not None
    assert ended.failure.where == f"SQLSTATE {state}"


async def test_copy_to_us_is_a_failure(dsn: str) -> None:
    assert failure(await ask(dsn, "COPY (SELECT 1) TO STDOUT")) == ("arguments", False)


async def test_a_row_of_a_table_is_to_be_written_as_json(dsn: str) -> None:
    output(await ask(dsn, "CREATE TABLE it (n int, day date)", write=True))
    output(await ask(dsn, "INSERT INTO it VALUES (1, '2026-12-31')", write=True))
    ended = await ask(dsn, "SELECT it FROM it")
    assert failure(ended) == ("arguments", False)
    assert "to_jsonb" in ended.failure.reason if ended.failure else False
    assert await value(dsn, "(SELECT to_jsonb(it) FROM it)") == {"n": 1, "day": "2026-12-31"}


async def test_two_columns_of_one_name(dsn: str) -> None:
    assert failure(await ask(dsn, "SELECT 1 AS a, 2 AS a")) == ("arguments", False)


async def test_a_statement_ends_at_its_time(dsn: str) -> None:
    assert failure(await ask(dsn, "SELECT pg_sleep(600)", seconds=1)) == ("sql", True)


async def test_a_step_that_ends_leaves_no_statement_running(dsn: str) -> None:
    ended = await ask(dsn, "SELECT pg_sleep(600)", within=2.0, seconds=3600)
    assert failure(ended) == ("timeout", True)

    async def nobody() -> bool:
        others = "query = 'SELECT pg_sleep(600)'"
        return not await rows(dsn, f"SELECT pid FROM pg_stat_activity WHERE {others}")

    await eventually(nobody, "it ended there as well")


async def test_a_lock_in_the_way_may_be_gone_later(dsn: str) -> None:
    query = "DO $$ BEGIN RAISE EXCEPTION 'in the way' USING ERRCODE = '40001'; END $$"
    assert failure(await ask(dsn, query, write=True)) == ("sql", True)


async def test_a_wrong_password_is_not_repeated(dsn: str, cluster: Postgres) -> None:
    ended = await ask(dsn.replace(cluster.password, "hunter2-hunter2"), "SELECT 1")
    assert failure(ended) == ("access", False)
    assert "hunter2" not in repr(ended)


@pytest.mark.parametrize("address", ["mysql://hunter2", "hunter2", "postgresql://a:hunter2@h:x/y"])
async def test_what_is_no_address_is_not_repeated(address: str) -> None:
    ended = await ask(address, "SELECT 1")
    assert failure(ended) == ("arguments", False)
    assert "hunter2" not in repr(ended)


async def test_a_database_that_is_not_there(cluster: Postgres) -> None:
    assert failure(await ask(cluster.dsn_of("nowhere"), "SELECT 1")) == ("arguments", False)


async def test_nobody_at_the_address() -> None:
    ended = await ask("postgresql://me:hunter2@127.0.0.1:1/x", "SELECT 1")
    assert failure(ended) == ("unreachable", True)
    assert "hunter2" not in repr(ended)


@pytest.mark.parametrize("forward", [True, False])
async def test_a_commit_without_an_answer_leaves_it_open(dsn: str, forward: bool) -> None:
    output(await ask(dsn, "CREATE TABLE it (n int)", write=True))
    async with cutting(dsn, forward=forward) as way:
        ended = await ask(way, "INSERT INTO it VALUES (1)", write=True)
        assert failure(ended) == ("unknown-effect", False)
    async with cutting(dsn, forward=forward) as way:
        ended = await ask(way, "INSERT INTO it VALUES (1)", write=True, repeatable=True)
        assert failure(ended) == ("unreachable", True)
    async with cutting(dsn, forward=forward) as way:
        assert failure(await ask(way, "SELECT 1")) == ("unreachable", True)


async def test_a_server_that_dies_and_one_that_is_frozen() -> None:
    with running_postgres() as own:
        asking = asyncio.create_task(ask(own.dsn, "SELECT pg_sleep(600)"))

        async def asked() -> bool:
            return own.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%(600)'") == "1"

        await eventually(asked, "it is asked")
        own.kill()
        assert failure(await asking) == ("unreachable", True)
        own.start()
        own.signal(signal.SIGSTOP)
        ended = await ask(own.dsn, "SELECT 1", within=0.5)
        own.signal(signal.SIGCONT)
        assert failure(ended) == ("timeout", True)


async def test_a_change_that_is_refused_at_its_commit_is_no_change(dsn: str) -> None:
    output(
        await ask(dsn, "CREATE TABLE it (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)", write=True)
    )
    ended = await ask(dsn, "INSERT INTO it VALUES (1), (1)", write=True)
    assert failure(ended) == ("sql", False)
    assert await rows(dsn, "SELECT n FROM it") == []


async def test_a_session_that_is_ended_while_its_commit_waits_leaves_it_open() -> None:
    """Waiting for a standby that is not there: the change is durable here already."""
    with running_postgres() as own:
        output(await ask(own.dsn, "CREATE TABLE it (n int)", write=True))
        own.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        own.sql("SELECT pg_reload_conf()")
        asking = asyncio.create_task(ask(own.dsn, "INSERT INTO it VALUES (1)", write=True))
        waits = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"

        async def waiting() -> bool:
            return own.sql(f"SELECT count(*) {waits}") == "1"

        await eventually(waiting, "it waits for the standby")
        own.sql(f"SELECT pg_terminate_backend(pid) {waits}")
        assert failure(await asking) == ("unknown-effect", False)
        assert own.sql("SELECT n FROM it") == "1"
        own.kill()
