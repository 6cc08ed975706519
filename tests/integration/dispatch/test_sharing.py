"""Who gets which run, in what order: decided by the claim, on a real PostgreSQL."""

import asyncio
from collections import Counter
from dataclasses import astuple, dataclass
from random import Random

import pytest

from tests.support.engines import World, engine
from tests.support.flow import step
from tests.support.until import until
from tests.support.waiting import eventually
from tests.support.work import VERSION, WorkDatabase
from vrooli.execution.runs.store import Serves
from vrooli.execution.runs.views import RunViews

MANY = """
WITH tree AS (INSERT INTO run_trees (root) SELECT $1 || n FROM generate_series(1, $2) n)
INSERT INTO runs (id, root, routine, version, inputs, status, lease_until, created_by)
SELECT $1 || n, $1 || n, 'test', $3, '{}', 'pending', now() - interval '1 s', $1
FROM generate_series(1, $2::int) n
"""


async def claimed(work: WorkDatabase, most: int, owner: str = "me", **more: object) -> list[str]:
    """Ids of what a worker gets."""
    serves = Serves(**more)  # type: ignore[arg-type]
    return [one.run for one in await work.store.claim(owner, 60.0, most, serves=serves)]


@dataclass(frozen=True)
class Row:
    """A run, as the rules of the order see it."""

    run: str
    owner: str
    queue: str
    priority: int
    age: int
    running: bool


def some(random: Random) -> list[Row]:
    """Runs of a few people in two queues, many of them alike."""
    return [
        Row(
            run=f"r{number}",
            owner=random.choice("abc"),
            queue=random.choice(("default", "gpu")),
            priority=random.choice((-100, 0, 0, 0, 100)),
            age=random.randrange(5),
            running=random.random() < 0.2,
        )
        for number in range(random.randrange(1, 40))
    ]


def in_order(rows: list[Row], queues: tuple[str, ...]) -> list[str]:
    """Those that wait, by turns: what the statement is to come to."""
    turns = Counter(row.owner for row in rows if row.running)
    waiting = [row for row in rows if not row.running and row.queue in queues]
    placed = []
    for row in sorted(waiting, key=lambda one: (-one.priority, -one.age, one.run)):
        turns[row.owner] += 1
        placed.append((turns[row.owner], -row.priority, -row.age, row.run))
    return [run for *_, run in sorted(placed)]


INSERT = """
WITH tree AS (INSERT INTO run_trees (root) SELECT unnest($1::text[]))
INSERT INTO runs (id, root, routine, version, inputs, status, lease_until, created_by, queue,
                  priority, created_at)
SELECT run, run, 'test', $6, '{}', CASE WHEN running THEN 'running' ELSE 'pending' END,
       now() + CASE WHEN running THEN interval '1 h' ELSE interval '-1 s' END, owner, queue,
       priority, '2026-01-01'::timestamptz - make_interval(secs => age)
FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::int[], $7::bool[])
    AS r(run, owner, queue, priority, age, running)
"""


@pytest.mark.parametrize("seed", range(15))
async def test_the_claim_comes_to_what_the_rules_say(work: WorkDatabase, seed: int) -> None:
    random = Random(seed)
    rows = some(random)
    queues = random.choice((("default",), ("default", "gpu"), ("gpu", "none")))
    most = random.randrange(1, 12)
    columns = [list(column) for column in zip(*(astuple(row) for row in rows), strict=True)]
    *first, running = columns
    await work.execute(INSERT, *first, VERSION, running)
    expected = in_order(rows, queues)[:most]
    assert sorted(await claimed(work, most, queues=queues)) == sorted(expected)


async def owners(work: WorkDatabase, runs: list[str]) -> list[str]:
    query = "SELECT id, created_by FROM runs WHERE id = ANY($1)"
    known = dict(await work.fetch(query, runs))
    return sorted(known[run] for run in runs)


async def test_one_with_a_thousand_runs_starves_nobody(work: WorkDatabase) -> None:
    await work.execute(MANY, "ann", 1000, VERSION)
    await work.create("late", by="bob")
    assert sorted(await owners(work, await claimed(work, 2))) == ["ann", "bob"]


async def test_who_has_much_under_way_comes_after_who_has_little(work: WorkDatabase) -> None:
    await work.execute(MANY, "ann", 10, VERSION)
    assert len(await claimed(work, 4)) == 4
    await work.execute(MANY, "bob", 10, VERSION)
    assert await owners(work, await claimed(work, 3)) == ["bob"] * 3
    assert await owners(work, await claimed(work, 4)) == ["ann", "ann", "bob", "bob"]


async def test_priority_orders_the_runs_of_one_and_overtakes_no_others_turn(
    work: WorkDatabase,
) -> None:
    for run, priority in (("a", 0), ("b", 100), ("c", -100), ("d", 0), ("e", 99)):
        await work.create(run, by="ann", priority=priority)
    await work.create("f", by="bob", priority=-100)
    assert set(await claimed(work, 2)) == {"b", "f"}
    assert [(await claimed(work, 1))[0] for _ in range(4)] == ["e", "a", "d", "c"]


async def test_a_process_takes_only_from_the_queues_that_it_serves(work: WorkDatabase) -> None:
    await work.create("a")
    await work.create("b", queue="gpu")
    await work.create("c", queue="other")
    assert await claimed(work, 9, queues=("gpu", "none")) == ["b"]
    assert set(await claimed(work, 9, queues=("default", "other"))) == {"a", "c"}


async def test_what_was_begun_comes_before_what_was_not(work: WorkDatabase) -> None:
    await work.create("begun")
    assert await claimed(work, 1) == ["begun"]
    await work.create("new", priority=100)
    await work.expire()
    assert await claimed(work, 1, "other") == ["begun"]


async def test_many_that_claim_at_once_get_all_of_it_and_nothing_twice(
    work: WorkDatabase, other: WorkDatabase
) -> None:
    await work.execute(MANY, "ann", 200, VERSION)
    found: list[str] = []

    async def take(place: WorkDatabase) -> None:
        while True:
            got = await claimed(place, 7)
            found.extend(got)
            waiting, _ = await place.store.left([], Serves(), others=True)
            if not waiting:
                return

    await asyncio.gather(*(take(place) for place in (work, other) for _ in range(4)))
    assert len(found) == len(set(found)) == 200


async def test_a_new_run_overtakes_none_that_waits(work: WorkDatabase, world: World) -> None:
    """Whoever starts one after the other would else get every slot that becomes free."""
    world.shut["a"] = asyncio.Event()
    one = engine(work, world, slots=1)
    assert one.takes("default")
    assert not one.takes("gpu")
    for run in ("first", "waits"):
        await work.create(run)
        await one.sweep()
    assert not one.takes("default")
    one.drop("first")
    assert one.room == 1
    assert not one.takes("default")
    await one.sweep()
    one.drop("waits")
    await one.sweep()
    assert one.takes("default")


async def test_what_one_build_cannot_read_is_left_to_others(
    work: WorkDatabase, world: World
) -> None:
    newer = await work.define({"name": "test", "nosuch": 1, "do": [step("a")]})
    await work.create("a", newer)
    one = engine(work, world, serves=Serves(build="old"))
    await one.sweep()
    await eventually(lambda: pending(work, "a"), "it is left")
    await one.sweep()
    assert one.room == one.parts.slots
    ((by, why, fence),) = await work.fetch("SELECT unread_by, unread_why, fence FROM runs")
    assert (by, fence) == (["old"], 1)
    assert "nosuch" in why
    assert (await RunViews(work.database).get("a"))["unread"] == {"by": by, "why": why}
    assert await claimed(work, 1, build="old") == []
    assert await claimed(work, 1, build="new") == ["a"]


async def pending(work: WorkDatabase, run: str) -> bool:
    return await work.status(run) == "pending"


async def test_a_run_is_not_passed_over_for_ever_because_somebody_writes_to_its_row(
    work: WorkDatabase, other: WorkDatabase, world: World
) -> None:
    """Its lease is long over, and a writer has its row whenever a claim comes by."""
    world.shut["a"] = asyncio.Event()
    await work.create("a")
    assert await claimed(work, 1, "zombie") == ["a"]
    await work.expire()
    one = engine(work, world)
    async with other.database.connection() as writer:
        transaction = writer.transaction()
        await transaction.start()
        await writer.execute("SELECT FROM runs WHERE id = 'a' FOR NO KEY UPDATE")
        assert await claimed(work, 1) == []
        sweeping = asyncio.create_task(one.sweep())
        waits = (
            "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%late%'"
        )

        async def waiting() -> bool:
            return bool(await work.fetch(waits))

        await eventually(waiting, "it waits for the row")
        await transaction.rollback()
    await sweeping
    await until(lambda: world.inside == {("a", "a")})
    one.drop("a")
