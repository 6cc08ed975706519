"""Swarms to which nobody says anything: a day goes by, and nobody has looked at them."""

import asyncio
import secrets
from typing import Any

import pytest

from tests.integration.execution.test_swarms import adder, eager, rests, swarm
from tests.support.trees import Place, place
from vrooli.execution.approvals.store import Decision
from vrooli.execution.approvals.views import ApprovalFilter
from vrooli.execution.postgres_signals import NewSignal
from vrooli.execution.swarms.store import Put
from vrooli.server.database import Database

__all__ = ["eager"]

DAY = "interval '1 day'"

# Whatever drives a run, or decides about it, raises a fence, the count of its decisions, or tells.
TOUCHED = """
SELECT r.id, r.status, r.fence, r.stirs, r.owner, t.seq FROM runs r JOIN run_trees t USING (root)
WHERE r.root = ANY ($1) ORDER BY r.id
"""
PASSES = (
    f"UPDATE runs SET created_at = created_at - {DAY}, started_at = started_at - {DAY},"
    f" lease_until = lease_until - {DAY}, deadline = deadline - {DAY} WHERE root = ANY ($1)",
    f"UPDATE steps SET begun_at = begun_at - {DAY} WHERE run IN ({{below}})",
    f"UPDATE approvals SET asked_at = asked_at - {DAY}, expires_at = expires_at - {DAY}"
    " WHERE run IN ({below})",
)
BELOW = "SELECT id FROM runs WHERE root = ANY ($1)"


async def a_day_passes(here: Place, swarms: list[str]) -> None:
    """As far as they can tell."""
    for statement in PASSES:
        await here.fetch(statement.replace("{below}", BELOW) + " RETURNING 1", swarms)


async def alone(here: Place) -> None:
    """It does nothing more but what it is asked for."""
    assert here.task
    here.task.cancel()
    await asyncio.wait([here.task])


async def looks(here: Place, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often PostgreSQL is asked by a round of all that a process does unasked."""
    asked, lend = 0, Database.connection

    def counted(self: Database, *given: Any) -> Any:
        nonlocal asked
        asked += self is here.database
        return lend(self, *given)

    with monkeypatch.context() as patched:
        patched.setattr(Database, "connection", counted)
        engine = here.work.engine
        for one in (engine.sweep, engine.renew, engine.look):
            await one()
    return asked


async def test_a_day_goes_by_without_a_look_and_each_goes_on(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it waits for; the process that began them was killed."""
    async with place(dsn) as first, place(dsn) as idle:
        await alone(idle)
        before = await looks(idle, monkeypatch)
        told = await first.put({"step": "told", "wait": {"signal": "told"}})
        add, late = await adder(first), {"policy": {"deadline": "36h"}}
        risky = {"task": "it", "routine": add, "inputs": {"n": 1}, "risk": "dangerous"}
        person, told_it = {"task": "it", "person": "Look"}, {"task": "it", "routine": told}
        board = {"task": "it", "routine": add, "inputs": {"n": "${board.n}"}}
        inner = f"s-{secrets.token_hex(4)}"
        await first.work.swarms.put({"name": inner, "goal": "look", "plan": [person]})
        swarms = [
            await swarm(first, person),
            await swarm(first, told_it),
            await swarm(first, board),
            await swarm(first, risky, policy={"approval": "2d"}),
            await swarm(first, {"task": "it", "routine": inner}),
            await swarm(first, person, **late),
        ]
        for one in swarms:
            await rests(first, one)
        below = await first.below(swarms[4], 1)
        await rests(first, below[0])
        await first.kill()
        stood = await idle.fetch(TOUCHED, swarms)
        await a_day_passes(idle, swarms)
        assert await looks(idle, monkeypatch) == before
        assert await idle.fetch(TOUCHED, swarms) == stood
        assert {row[1] for row in stood} == {"waiting"}
    async with place(dsn) as second:
        work = second.work
        await work.swarms.finish(swarms[0], "it", 1, "ann")
        (waits,) = await second.below(swarms[1], 1)
        await work.signalling.send(NewSignal(waits, "told", 1, "ann", None))
        await work.swarms.write(swarms[2], Put("board.n", 1, "ann"))
        (asks,) = await second.below(swarms[3], 1)
        (asked,) = await work.approvals.views.page(ApprovalFilter(run=asks))
        said = Decision(approved=True, hash=asked["hash"], by="ann", reason="")
        await work.approvals.decide(asked["id"], said)
        await work.swarms.finish(below[0], "it", 1, "ann")
        for one in swarms[:5]:
            assert (await second.end(one))["status"] == "completed"
        await a_day_passes(second, swarms)
        await work.engine.sweep()
        assert (await second.end(swarms[5]))["failure"]["kind"] == "deadline"
