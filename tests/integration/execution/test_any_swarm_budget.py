"""Whatever the limits of a swarm, of swarms within it and of their tasks, and however sixteen tasks
spend at once: nobody ever has more than his limit, and what fits is given.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from tests.integration.execution.test_swarms import swarm
from tests.support.trees import Place, goes_on, place
from tests.support.waiting import eventually
from vrooli.execution.postgres_spending import PostgresSpending
from vrooli.execution.spending import Amount
from vrooli.execution.step_type import StepFailed
from vrooli.host.clock import SystemClock

SAMPLE, FULL = 2, 200
ABOVE, WITHIN = 4, 6
"""Tasks of the swarm, and of each of the two within."""

SPENDERS = ABOVE + 2 * WITHIN
REQUESTS = 6
"""Of each of them."""

LEDGER = """
SELECT b.run, b.tokens_spent, b.tokens_reserved, b.tokens_limit FROM budgets b
JOIN runs r ON r.id = b.run WHERE r.root = $1
"""
LEAVES = """
SELECT id, ancestors FROM runs WHERE root = $1 AND routine = $2 AND status = 'running' ORDER BY id
"""


@dataclass
class Trial:
    """A swarm whose tasks are under way, and what they spend.

    Attributes:
        here: a process.
        chance: of all that is drawn.
        leaf: what every task does.
    """

    here: Place
    chance: Random
    leaf: str

    def limit(self, most: int) -> dict[str, int]:
        """Of tokens, or none."""
        drawn = self.chance.choice([None, most // 4, most // 2, most])
        return {} if drawn is None else {"tokens": drawn}

    def plan(self, tasks: int) -> list[dict[str, Any]]:
        """Of tasks that go on for long."""
        few = [self.limit(100) for _ in range(tasks)]
        return [
            {"task": f"t{n}", "routine": self.leaf} | ({"budget": one} if one else {})
            for n, one in enumerate(few)
        ]

    async def grow(self) -> str:
        """The swarm, when all tasks are under way."""
        within, wide = list[dict[str, Any]](), {"width": ABOVE + 2}
        for n in range(2):
            name = f"s-{secrets.token_hex(4)}"
            parts = {"plan": self.plan(WITHIN), "policy": {"width": WITHIN}}
            budget = self.limit(400)
            await self.here.work.swarms.put(
                {"name": name, "goal": "spend", **parts, **({"budget": budget} if budget else {})}
            )
            within.append({"task": f"w{n}", "routine": name})
        budget = {"tokens": self.chance.choice([50, 300, 800])}
        return await swarm(
            self.here, *self.plan(ABOVE), *within, policy=wide | {"depth": 1}, budget=budget
        )

    async def spend(self, run: str) -> int:
        """Requests one after the other, each set aside before and settled after: what they came
        to.
        """
        spending, spent = PostgresSpending(self.here.database, SystemClock()), 0
        for number in range(REQUESTS):
            most = self.chance.randint(1, 60)
            try:
                await spending.reserve(run, str(number), Amount(most, 0))
            except StepFailed:
                continue
            await asyncio.sleep(self.chance.uniform(0, 0.01))
            real = self.chance.randint(0, most)
            await spending.settle(run, str(number), Amount(real, 0))
            spent += real
        return spent


async def kept(here: Place, root: str) -> list[tuple[Any, ...]]:
    """The ledger, in which nobody has more than his limit."""
    rows = await here.fetch(LEDGER, root)
    for run, spent, aside, limit in rows:
        assert spent >= 0 <= aside
        assert limit is None or spent + aside <= limit, run
    return rows


async def fits(here: Place, way: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    """Exactly what is left on this way is given, and not one more."""
    left = [limit - spent for run, spent, _, limit in rows if run in way and limit is not None]
    spending = PostgresSpending(here.database, SystemClock())
    with pytest.raises(StepFailed):
        await spending.reserve(way[-1], "more", Amount(min(left) + 1, 0))
    await spending.reserve(way[-1], "last", Amount(min(left), 0))


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_sixteen_tasks_of_swarms_never_spend_more_than_any_limit(
    dsn: str, full_campaign: bool
) -> None:
    chance = Random() if full_campaign else Random(20261129)
    async with place(dsn) as here:
        leaf = await here.put(goes_on("x"))
        for _ in range(FULL if full_campaign else SAMPLE):
            await one_trial(Trial(here, chance, leaf))


async def one_trial(trial: Trial) -> None:
    """Sixteen at once, while somebody looks on."""
    here = trial.here
    root = await trial.grow()
    leaves = await under_way(here, root, trial.leaf)
    spenders = [asyncio.create_task(trial.spend(run)) for run in leaves]
    while not all(one.done() for one in spenders):
        await kept(here, root)
    spent = sum(one.result() for one in spenders)
    rows = await kept(here, root)
    assert [row[1:3] for row in rows if row[0] == root] == [(spent, 0)]
    run = trial.chance.choice(list(leaves))
    await fits(here, [*leaves[run], run], rows)
    await kept(here, root)
    await here.work.swarms.stop(root, "ann")


async def under_way(here: Place, root: str, leaf: str) -> dict[str, list[str]]:
    """Those that spend, with what lies above each."""

    async def look() -> dict[str, list[str]] | None:
        rows = await here.fetch(LEAVES, root, leaf)
        return {row[0]: list(row[1]) for row in rows} if len(rows) == SPENDERS else None

    found: dict[str, list[str]] = await eventually(look, f"{SPENDERS} tasks are under way")
    return found
