"""What all runs of somebody may spend in a month, on a real PostgreSQL."""

import asyncio
import re
import secrets
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.clocks import TurnedClock
from tests.support.trees import Place, goes_on, sub
from tests.support.waiting import eventually
from vrooli.core.errors import VrooliError
from vrooli.execution.owner_budgets import OwnerBudgets
from vrooli.execution.postgres_spending import PostgresSpending
from vrooli.execution.spending import Amount
from vrooli.execution.step_type import StepFailed
from vrooli.flow.budget import OverBudget, limits
from vrooli.flow.failed import failure_of
from vrooli.flow.monthly import ends, month_of

DAY = 86_400.0


class Somebody:
    """Whose runs spend, in November 2026 unless the test turns the clock."""

    def __init__(self, here: Place) -> None:
        self.name = f"{secrets.token_hex(4)}@example.org"
        self.clock = TurnedClock(datetime(2026, 11, 28, tzinfo=UTC).timestamp())
        self.budgets = OwnerBudgets(here.database, self.clock)
        self.spending = PostgresSpending(here.database, self.clock)
        self.here = here

    async def limit(self, **budget: float) -> None:
        await self.budgets.set(self.name, limits(budget), "admin")

    async def run(self, inner: Any = None, budget: dict[str, Any] | None = None) -> str:
        """One that goes on for long."""
        routine = await self.here.put(inner or goes_on("x"))
        return await self.here.work.runs.start(routine, {}, self.name, None, budget=budget)

    async def of(self, kind: str) -> tuple[Any, ...]:
        """Spent, set aside and limit of this month."""
        line = (await self.budgets.of([self.name]))[self.name][kind]
        return line["spent"], line["reserved"], line["limit"]


@pytest.fixture
def ann(here: Place) -> Somebody:
    return Somebody(here)


async def test_all_runs_of_somebody_spend_out_of_one_budget(ann: Somebody) -> None:
    await ann.limit(tokens=100, cost=1)
    first, second = await ann.run(), await ann.run(sub("a", await ann.here.put(goes_on("y"))))
    (child,) = await ann.here.below(second, 1)
    await ann.spending.reserve(first, "a", Amount(60, 500_000))
    await ann.spending.reserve(child, "a", Amount(30, 100_000))
    assert await ann.of("tokens") == (0, 90, 100)
    assert await ann.of("cost") == (0, 0.6, 1)
    with pytest.raises(StepFailed, match="90 spent or set aside: 11 more is too much") as refused:
        await ann.spending.reserve(second, "b", Amount(11, 0))
    assert (refused.value.kind, refused.value.where) == ("budget", "budget.month.tokens")
    assert f"budget of {ann.name} for 2026-11 (until 2026-12-01" in refused.value.what
    await ann.spending.settle(first, "a", Amount(20, 123_456))
    assert await ann.of("tokens") == (20, 30, 100)
    assert await ann.of("cost") == (0.123456, 0.1, 1)
    await ann.spending.reserve(second, "b", Amount(11, 0))


async def test_of_others_and_without_a_limit_nothing_is_kept(ann: Somebody, here: Place) -> None:
    other = Somebody(here)
    await ann.limit(tokens=1)
    run = await other.run()
    await other.spending.reserve(run, "a", Amount(50))
    await other.spending.settle(run, "a", Amount(50))
    assert await other.budgets.of([other.name]) == {}
    rows = await here.fetch("SELECT run FROM budgets WHERE owner = $1", other.name)
    assert rows == []


async def test_the_next_month_has_a_budget_of_its_own(ann: Somebody) -> None:
    await ann.limit(tokens=100)
    run = await ann.run()
    await ann.spending.reserve(run, "a", Amount(90))
    with pytest.raises(StepFailed, match="2026-11"):
        await ann.spending.reserve(run, "b", Amount(90))
    ann.clock.jump(3 * DAY)
    await ann.spending.reserve(run, "b", Amount(80))
    assert await ann.of("tokens") == (0, 80, 100)
    # It counts in the month in which it was set aside.
    await ann.spending.settle(run, "a", Amount(70))
    assert await ann.of("tokens") == (0, 80, 100)
    rows = await ann.here.fetch(
        "SELECT month::text, tokens_spent, tokens_reserved FROM budgets WHERE owner = $1"
        " ORDER BY month",
        ann.name,
    )
    assert rows == [("2026-11-01", 70, 0), ("2026-12-01", 0, 80)]
    with pytest.raises(StepFailed, match=r"2026-12 \(until 2027-01-01 00:00 UTC\)"):
        await ann.spending.reserve(run, "c", Amount(21))


async def test_what_was_spent_in_this_month_before_counts_once(ann: Somebody) -> None:
    run, crashed = await ann.run(), await ann.run()
    for spender, key in ((run, "a"), (run, "b"), (crashed, "a")):
        await ann.spending.reserve(spender, key, Amount(30, 10))
    await ann.spending.settle(run, "a", Amount(25, 5))
    # By the clock of PostgreSQL they were made today.
    ann.clock.jump(datetime.now(UTC).timestamp() - ann.clock.wall())
    await ann.limit(tokens=100)
    assert await ann.of("tokens") == (25, 60, 100)
    await ann.budgets.clear(ann.name)
    await ann.spending.reserve(run, "c", Amount(500))
    await ann.limit(tokens=200, cost=1)
    await ann.limit(tokens=200, cost=1)
    assert await ann.of("tokens") == (25, 560, 200)
    await ann.here.work.runs.cancel(crashed, "somebody")
    assert await ann.of("tokens") == (25, 530, 200)
    await ann.spending.settle(run, "b", Amount(1, 1))
    assert await ann.of("tokens") == (26, 500, 200)


async def test_a_smaller_limit_holds_at_once(ann: Somebody) -> None:
    await ann.limit(tokens=100)
    run = await ann.run()
    await ann.spending.reserve(run, "a", Amount(50))
    await ann.limit(tokens=40)
    with pytest.raises(StepFailed, match="40 tokens"):
        await ann.spending.reserve(run, "b", Amount(1))
    await ann.budgets.clear(ann.name)
    await ann.spending.reserve(run, "b", Amount(1))


async def test_an_unknown_price_is_refused_where_cost_is_limited(ann: Somebody) -> None:
    await ann.limit(cost=5)
    with pytest.raises(StepFailed, match="limits cost, and nobody knows the price"):
        await ann.spending.reserve(await ann.run(), "a", Amount(1, None))


async def test_the_nearest_budget_of_the_run_says_whether_it_pauses(ann: Somebody) -> None:
    await ann.limit(tokens=10)
    for budget in ({"tokens": 1000, "on_limit": "pause"}, {"on_limit": "pause"}):
        pausing = await ann.run(budget=budget)
        with pytest.raises(OverBudget, match=ann.name):
            await ann.spending.reserve(pausing, "a", Amount(20))
    with pytest.raises(StepFailed):
        await ann.spending.reserve(await ann.run(), "a", Amount(20))


async def test_a_run_that_paused_for_it_says_why_and_goes_on_later(ann: Somebody) -> None:
    """A real model request, refused by the month's budget."""
    ann.clock.jump(datetime.now(UTC).timestamp() - ann.clock.wall())
    await ann.limit(tokens=1, cost=0)
    say = {"step": "say", "llm": {"model": "test", "prompt": "hello"}}
    run = await ann.run(say, budget={"on_limit": "pause"})
    work = ann.here.work
    await work.engine.let_go_of(run)
    found = await work.runs.views.get(run)
    assert found["status"] == "paused"
    assert found["budget"]["owner"]["tokens"]["limit"] == 1
    reason = await work.reasons.of(run)
    assert (reason.code, reason.moving) == ("budget", False)
    assert f"budget of {ann.name}" in reason.says
    assert "00:00 UTC" in reason.says
    assert f"vrooli run resume {run}" in reason.next_step
    # What is advised is enough for what was refused, and not what there is already.
    advised = re.search(rf"vrooli user budget {ann.name} --tokens (\d+)`", reason.next_step)
    assert advised
    assert reason.until == pytest.approx(ends(month_of(ann.clock.wall())), abs=1)
    await ann.limit(tokens=int(advised[1]))
    assert (await work.reasons.of(run)).command == f"vrooli run resume {run}"
    await work.control.resume(run, "somebody")
    assert (await ann.here.end(run))["status"] == "completed"
    spent, reserved, _ = await ann.of("tokens")
    assert spent > 0
    assert reserved == 0


async def test_both_limits_are_named_where_both_are_too_small(ann: Somebody) -> None:
    await ann.limit(tokens=100, cost=0.01)
    run = await ann.run()
    await ann.spending.reserve(run, "a", Amount(60, 4_000))
    await ann.spending.settle(run, "a", Amount(60, 4_000))
    with pytest.raises(StepFailed) as refused:
        await ann.spending.reserve(run, "b", Amount(250, 17_500))
    failure = failure_of(refused.value)
    assert await ann.here.work.engine.parts.store.end(run, 1, "failed", None, failure.to_json())
    reason = await ann.here.work.reasons.of(run)
    assert reason.command == f"vrooli user budget {ann.name} --cost 0.022 --tokens 310"


async def paused_for_the_month(ann: Somebody) -> str:
    """A run that came to the limit of a month which is over by the clock of PostgreSQL."""
    ann.clock.jump(datetime(2020, 5, 20, tzinfo=UTC).timestamp() - ann.clock.wall())
    await ann.limit(tokens=10)
    run = await ann.run(budget={"on_limit": "pause"})
    with pytest.raises(OverBudget) as refused:
        await ann.spending.reserve(run, "a", Amount(20))
    assert refused.value.until == datetime(2020, 6, 1, tzinfo=UTC).timestamp()
    assert await ann.here.work.engine.parts.store.over_budget(run, 1, refused.value) == "paused"
    return run


async def test_what_paused_for_the_month_goes_on_by_itself_in_the_next(ann: Somebody) -> None:
    """Once, by whoever sweeps first; not at once where our clock goes after PostgreSQL's, or it
    would pause and go on until that catches up.
    """
    run = await paused_for_the_month(ann)
    transitions = ann.here.work.engine.parts.transitions
    await transitions.due()
    assert (await ann.here.work.runs.views.get(run))["status"] == "paused"
    earlier = "UPDATE runs SET lease_until = lease_until - interval '61 s' WHERE id = $1"
    await ann.here.fetch(earlier, run)
    await asyncio.gather(*(transitions.due() for _ in range(3)))
    events = await ann.here.fetch(
        "SELECT kind, data->>'why' FROM run_events WHERE run = $1 AND kind = 'run.pending'", run
    )
    assert events == [("run.pending", "month")]
    await ann.here.work.runs.cancel(run, "somebody")


async def test_before_that_it_stays_and_whoever_pauses_it_keeps_it(ann: Somebody) -> None:
    run = await paused_for_the_month(ann)
    later = "UPDATE runs SET lease_until = now() + interval '1 day' WHERE id = $1"
    await ann.here.fetch(later, run)
    await ann.here.work.engine.parts.transitions.due()
    assert (await ann.here.work.runs.views.get(run))["status"] == "paused"
    await ann.here.work.control.pause(run, "ann")
    await ann.here.fetch("UPDATE runs SET lease_until = lease_until - interval '9 day'")
    await ann.here.work.engine.parts.transitions.due()
    assert (await ann.here.work.runs.views.get(run))["status"] == "paused"
    assert (await ann.here.work.reasons.of(run)).says == "ann paused it"
    await ann.here.work.runs.cancel(run, "somebody")


async def test_somebodys_pause_counts_although_the_limit_comes_before_its_step_ends(
    ann: Somebody,
) -> None:
    await ann.limit(tokens=10)
    run = await ann.run(budget={"on_limit": "pause"})
    await ann.here.work.control.pause(run, "ann")
    with pytest.raises(OverBudget) as refused:
        await ann.spending.reserve(run, "a", Amount(20))
    assert await ann.here.work.engine.parts.store.over_budget(run, 1, refused.value) == "paused"
    (row,) = await ann.here.fetch("SELECT pausing, lease_until FROM runs WHERE id = $1", run)
    assert tuple(row) == (False, None)
    assert (await ann.here.work.reasons.of(run)).says == "somebody paused it"
    await ann.here.work.runs.cancel(run, "somebody")


async def test_runs_that_spend_at_once_never_pass_it(ann: Somebody, here: Place) -> None:
    """Of many trees, beside ends of runs, and none waits for another for ever."""
    await ann.limit(tokens=100)
    runs = [await ann.run() for _ in range(6)]
    ended, late = set[str](), 0

    async def spend(number: int) -> int:
        nonlocal late
        run, most = runs[number % len(runs)], number % 7 + 1
        try:
            await ann.spending.reserve(run, f"k{number}", Amount(most))
            if number % 13 == 12:
                ended.add(run)
                await here.work.runs.cancel(run, "somebody")
        except VrooliError:
            return 0
        # What the end of its run has set free may be somebody else's by then.
        late += most if run in ended else 0
        await ann.spending.settle(run, f"k{number}", Amount(most))
        return most

    spent = sum(await asyncio.gather(*map(spend, range(60))))
    assert await ann.of("tokens") == (spent, 0, 100)
    assert 0 < spent <= 100 + late
    ((deadlocks,),) = await here.fetch(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    assert deadlocks == 0


async def test_old_runs_go_and_the_month_stays(ann: Somebody, here: Place) -> None:
    await ann.limit(tokens=100)
    run = await ann.run()
    await ann.spending.reserve(run, "a", Amount(10))
    await ann.spending.settle(run, "a", Amount(10))
    await here.work.runs.cancel(run, "somebody")
    await here.fetch("DELETE FROM runs WHERE id = $1", run)
    assert await here.fetch("SELECT FROM budgets WHERE run = $1", run) == []
    assert await ann.of("tokens") == (10, 0, 100)


async def waits(here: Place, what: str, task: "asyncio.Task[Any]") -> None:
    """Until such a statement waits for a lock of another connection, or its task has ended."""
    query = """SELECT FROM pg_stat_activity WHERE datname = current_database()
        AND wait_event_type = 'Lock' AND query LIKE $1"""

    async def look() -> bool:
        return task.done() or bool(await here.fetch(query, f"%{what}%"))

    await eventually(look, what)


@pytest.mark.parametrize("end", ["settled", "released"])
async def test_what_ends_while_the_first_limit_of_a_month_is_set_counts(
    ann: Somebody, end: str
) -> None:
    """It finds its mark, and must find the ledger of the month as well."""
    here, run = ann.here, await ann.run()
    ann.clock.jump(datetime.now(UTC).timestamp() - ann.clock.wall())
    await ann.spending.reserve(run, "a", Amount(60))
    ends: dict[str, tuple[str, Callable[[], Coroutine[Any, Any, Any]], int]] = {
        "settled": ("WITH kept AS", lambda: ann.spending.settle(run, "a", Amount(50)), 50),
        "released": ("WITH locked AS", lambda: here.work.runs.cancel(run, "somebody"), 0),
    }
    async with here.database.connection() as other:
        holding = other.transaction()
        await holding.start()
        month = f"owner:{ann.name}:{datetime.now(UTC):%Y-%m}"
        row = "INSERT INTO budgets (run, owner, month) VALUES ($1, $2, now())"
        await other.execute(row, month, ann.name)
        setting = asyncio.create_task(ann.limit(tokens=100))
        await waits(here, "INSERT INTO owner_limits", setting)
        statement, work, spent = ends[end]
        ending = asyncio.create_task(work())
        await waits(here, statement, ending)
        await holding.rollback()
        await asyncio.gather(setting, ending)
    assert await ann.of("tokens") == (spent, 0, 100)


async def test_what_is_just_being_set_aside_when_a_limit_is_set_counts(ann: Somebody) -> None:
    """It began before there was one, and ends after."""
    here, run = ann.here, await ann.run()
    ann.clock.jump(datetime.now(UTC).timestamp() - ann.clock.wall())
    await ann.spending.reserve(run, "a", Amount(10))
    async with here.database.connection() as other:
        holding = other.transaction()
        await holding.start()
        await other.execute("SELECT FROM runs WHERE id = $1 FOR UPDATE", run)
        reserving = asyncio.create_task(ann.spending.reserve(run, "b", Amount(60)))
        await waits(here, "WITH spender AS", reserving)
        setting = asyncio.create_task(ann.limit(tokens=100))
        await waits(here, "LOCK TABLE budget_reservations", setting)
        await holding.rollback()
        assert await reserving
        await setting
    assert await ann.of("tokens") == (0, 70, 100)


async def test_a_limit_that_has_to_wait_holds_nobody_up_and_is_set_in_the_end(
    ann: Somebody,
) -> None:
    """As beside a long removal of old runs."""
    run = await ann.run()
    async with ann.here.database.connection() as other:
        removing = other.transaction()
        await removing.start()
        await other.execute("LOCK TABLE budget_reservations IN ROW EXCLUSIVE MODE")
        setting = asyncio.create_task(ann.limit(tokens=100))
        await waits(ann.here, "LOCK TABLE budget_reservations", setting)
        await ann.spending.reserve(run, "a", Amount(1))
        await removing.rollback()
        await setting
    assert (await ann.of("tokens"))[2] == 100
