"""Any tree of runs, any order of what is set aside, settled, cancelled and repeated: the ledger in
PostgreSQL says what a few lines of Python say, never more than a limit and never less than nothing.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from tests.support.postgres import Postgres
from tests.support.work import VERSION, WorkDatabase, prepared
from vrooli.execution.postgres_spending import PostgresSpending
from vrooli.execution.runs.child_store import Born, ChildStore, NewChild
from vrooli.execution.runs.store import NewRun
from vrooli.execution.spending import Amount
from vrooli.execution.step_type import StepFailed
from vrooli.flow.budget import Limits
from vrooli.host.clock import SystemClock

RUNS, ACTS = 6, 60


@pytest.fixture(scope="module")
def dsn(cluster: Postgres) -> str:
    """With a routine of one step."""
    return prepared(cluster, {"name": "test", "do": [{"step": "a", "value": {}}]})


@dataclass
class Model:
    """What the ledger must say.

    Attributes:
        parent: of each run; a root's is empty.
        limits: of each run.
        open: set aside, by run and key.
        spent: by run, of itself alone.
        known: keys that were ever used, with what they came to if they were settled.
        ended: runs.
    """

    parent: dict[str, str] = field(default_factory=dict)
    limits: dict[str, Limits] = field(default_factory=dict)
    open: dict[tuple[str, str], Amount] = field(default_factory=dict)
    spent: dict[str, list[Amount]] = field(default_factory=dict)
    settled: set[tuple[str, str]] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)

    def way(self, run: str) -> Iterator[str]:
        """It and all above it."""
        while run:
            yield run
            run = self.parent[run]

    def below(self, run: str) -> list[str]:
        """It and all below it."""
        return [one for one in self.parent if run in self.way(one)]

    def line(self, run: str, kind: str) -> tuple[int, int, int | None]:
        """Spent, set aside and limit."""
        below = self.below(run)
        spent = sum(getattr(one, kind) or 0 for name in below for one in self.spent[name])
        aside = sum(getattr(a, kind) or 0 for (name, _), a in self.open.items() if name in below)
        return spent, aside, getattr(self.limits[run], kind)

    def fits(self, run: str, most: Amount) -> bool:
        """Whether so much may be set aside."""
        if run in self.ended:
            return False
        for one in self.way(run):
            for kind in ("tokens", "micros"):
                spent, aside, limit = self.line(one, kind)
                asked = getattr(most, kind)
                if limit is not None and (asked is None or spent + aside + asked > limit):
                    return False
        return True


@dataclass
class Trial:
    """One random history, in both."""

    work: WorkDatabase
    random: Random
    model: Model = field(default_factory=Model)

    def __post_init__(self) -> None:
        self.spending = PostgresSpending(self.work.database, SystemClock())

    def some_limits(self) -> Limits:
        return Limits(
            tokens=self.random.choice([None, 0, 50, 200]),
            micros=self.random.choice([None, None, 300]),
        )

    async def grow(self) -> None:
        """A tree of runs."""
        children = ChildStore(self.work.database)
        for number in range(RUNS):
            run, limits = secrets.token_hex(6), self.some_limits()
            parent = self.random.choice(list(self.model.parent)) if number else ""
            if parent:
                new = NewChild(run, parent, "a", "test", VERSION, {}, limits)
                assert await children.create(new, "somebody", 600.0) == (Born.MADE, None)
            else:
                root = NewRun(run, "test", VERSION, {}, "somebody", None, limits)
                await self.work.store.create(root, "somebody", 600.0)
            self.model.parent[run], self.model.limits[run] = parent, limits
            self.model.spent[run] = []

    async def act(self) -> None:
        """Something happens."""
        run = self.random.choice(list(self.model.parent))
        key = self.random.choice("abcdef")
        what = self.random.choices(["reserve", "settle", "end"], [10, 8, 1])[0]
        if what == "reserve":
            await self.reserve(run, key)
        elif what == "settle":
            await self.settle(run, key)
        else:
            await self.end(run)

    async def reserve(self, run: str, key: str) -> None:
        model, place = self.model, (run, key)
        most = Amount(self.random.randrange(40), self.random.choice([None, 0, 40]))
        known = place in model.open or place in model.settled
        if known or model.fits(run, most):
            await self.spending.reserve(run, key, most)
        else:
            with pytest.raises(StepFailed) as refused:
                await self.spending.reserve(run, key, most)
            assert refused.value.kind == "budget"
            return
        if not known:
            model.open[place] = most

    async def settle(self, run: str, key: str) -> None:
        """With no more than was set aside; a replay may say so twice, and to one that has ended."""
        model, place = self.model, (run, key)
        if place not in model.open:
            return
        most = model.open[place]
        real = Amount(self.random.randint(0, most.tokens), self.random.randint(0, most.micros or 0))
        await self.spending.settle(run, key, real)
        if self.random.random() < 0.3:
            await self.spending.settle(run, key, Amount(1000, 1000))
        del model.open[place]
        model.settled.add(place)
        model.spent[run].append(real)

    async def end(self, run: str) -> None:
        """It ends with all below it: what they have set aside is free, as after a crash."""
        model = self.model
        await self.work.store.cancel(run, "somebody")
        model.ended |= set(model.below(run))
        model.open = {
            place: one for place, one in model.open.items() if place[0] not in model.ended
        }

    async def compare(self) -> None:
        """The ledger, row by row."""
        rows = await self.work.fetch(
            "SELECT run, tokens_spent, tokens_reserved, tokens_limit, micros_spent,"
            " micros_reserved, micros_limit FROM budgets WHERE run = ANY($1)",
            list(self.model.parent),
        )
        for run, *figures in rows:
            for kind, found in (("tokens", figures[:3]), ("micros", figures[3:])):
                assert tuple(found) == self.model.line(run, kind), (run, kind)
                spent, aside, limit = found
                assert spent >= 0 <= aside
                assert limit is None or spent + aside <= limit


@pytest.mark.parametrize("seed", range(6))
async def test_the_ledger_says_what_the_model_says(dsn: str, seed: int) -> None:
    work: Any = WorkDatabase(dsn)
    trial = Trial(work, Random(seed))
    await trial.grow()
    for _ in range(ACTS):
        await trial.act()
        await trial.compare()
    await work.close()
