"""What is looked at in a real PostgreSQL and a real Redis, with the trouble made on purpose."""

import asyncio
from functools import partial
from typing import Any

import asyncpg

from tests.support.stack import LiveStack

LOOKED_AT: dict[str, dict[str, float]] = {
    "postgres-long-queries": {"warning": 0.5, "critical": 1e6},
    "postgres-replication": {},
    "postgres-slow-queries": {},
    "postgres-wraparound": {"warning": 0, "critical": 99},
    "redis-clients": {"warning": 0, "critical": 99},
    "redis-memory": {"warning": 0, "critical": 100},
    "redis-replication": {},
}


def test_databases_are_looked_into(stack: LiveStack) -> None:
    stack.resource("postgres", "postgres")
    stack.resource("redis", "redis", max_memory="64mb")
    for name, keys in LOOKED_AT.items():
        stack.check(name, interval=0.5, **keys)
    orders = {"kind": "sql", "resource": "postgres", "interval": 0.5}
    stack.check("orders", query="SELECT count(*) FROM orders", warning=3, critical=10, **orders)
    stack.check("writes", query="CREATE TABLE no (x int)", **orders)
    stack.check("words", query="SELECT 'many'", **orders)
    stack.write()
    stack.up()
    assert "transaction" in stack.until_result("postgres-wraparound", "warning")["message"]
    assert "64 MiB" in stack.until_result("redis-memory", "warning")["message"]
    assert "of 10000" in stack.until_result("redis-clients", "warning")["message"]
    for name in ("postgres-replication", "redis-replication", "postgres-slow-queries"):
        found = stack.until(partial(stack.result, name), name)
        assert found["applicable"] is False
    stack.until_result("orders", "unknown", "does not exist")
    stack.until_result("writes", "unknown", "read-only")
    stack.until_result("words", "critical", "no number: 'many'")
    asyncio.run(_make_trouble(stack))
    stack.until_result("postgres-replication", "ok", "1 slots that nobody reads")
    stack.until_result("orders", "warning", "the query gave 5")


async def _make_trouble(stack: LiveStack) -> None:
    connection = await _connect(stack, "superuser", "postgres")
    await connection.execute("SELECT pg_create_physical_replication_slot('left', true)")
    await connection.close()
    connection = await _connect(stack, "vrooli", "vrooli")
    await connection.execute("CREATE TABLE orders AS SELECT generate_series(1, 5)")
    sleeping = asyncio.create_task(connection.execute("SELECT pg_sleep(60)"))
    found = await asyncio.to_thread(stack.until_result, "postgres-long-queries", "warning")
    assert "that of vrooli" in found["message"]
    sleeping.cancel()
    connection.terminate()


async def _connect(stack: LiveStack, secret: str, user: str) -> Any:
    path = stack.home / "secrets" / f"postgres-{secret}"
    return await asyncpg.connect(
        host="127.0.0.1",
        port=stack.port("postgres"),
        user=user,
        database="vrooli",
        password=path.read_text(encoding="ascii").strip(),
    )


def test_a_program_of_ones_own_judges(stack: LiveStack) -> None:
    for name, words in {
        "fine": "echo all is well; exit 0",
        "sick": "echo 3 queues are long; exit 2",
        "odd": "exit 7",
    }.items():
        stack.check(name, kind="exec", command=["/bin/sh", "-c", words], interval=0.5)
    stack.check("gone", kind="exec", command=["/no/such/program"], interval=0.5)
    stack.write()
    stack.up()
    stack.until_result("fine", "ok", "all is well")
    stack.until_result("sick", "critical", "3 queues are long")
    stack.until_result("odd", "unknown")
    stack.until_result("gone", "unknown", "could not be run")


def test_what_must_report_in_is_missed(stack: LiveStack) -> None:
    stack.check("nightly", kind="heartbeat", every="1h", interval=0.5)
    stack.write()
    stack.up()
    stack.until_result("nightly", "unknown", "has not reported in yet")
    assert stack.autoheal_command("beat", "nightly").returncode == 0
    stack.until_result("nightly", "ok")
    stack.kill("autoheal")
    stack.until_result("nightly", "ok", "reported in")
    assert stack.autoheal_command("beat", "nightly", "--fail", "exit 3").returncode == 0
    stack.until_result("nightly", "critical", "exit 3")
    ended = stack.autoheal_command("beat", "nihgtly")
    assert ended.returncode == 2
    assert "there are: nightly" in ended.stderr
