"""What of its time a run has used that somebody has tried again, on a real PostgreSQL."""

from datetime import timedelta

import pytest

from tests.support.trees import Place, goes_on, sub
from vrooli.core.errors import Refused

FAILS = {"step": "a", "python": {"code": "def main(inputs): raise ValueError('no')"}}

AWAY = "interval '1 hour'"


async def time_of(here: Place, run: str) -> tuple[float, float]:
    """Spent, and limit."""
    line = (await here.work.runs.views.get(run))["budget"]["time"]
    return line["spent"], line["limit"]


async def ended_long_ago(here: Place, run: str) -> None:
    """All times of its row an hour earlier."""
    await here.fetch(
        f"UPDATE runs SET created_at = created_at - {AWAY}, started_at = started_at - {AWAY},"
        f" ended_at = ended_at - {AWAY}, deadline = deadline - {AWAY} WHERE id = $1",
        run,
    )


async def test_time_while_a_run_had_ended_is_none_of_its_budget(here: Place) -> None:
    routine = await here.put(FAILS)
    run = await here.start(routine, budget={"time": 60})
    assert (await here.end(run))["failure"]["kind"] == "code"
    for _ in range(2):
        await ended_long_ago(here, run)
        await here.work.control.retry(run, None, "somebody")
        assert (await here.end(run))["failure"]["kind"] == "code"
    spent, limit = await time_of(here, run)
    assert (spent < 60, limit) == (True, 60)
    # Nor is it by another limit.
    await here.work.budgets.change(run, {"time": 600}, "somebody")
    ends = "SELECT deadline - created_at BETWEEN $2 AND $3 FROM runs WHERE id = $1"
    bounds = [timedelta(hours=2, minutes=10), timedelta(hours=2, minutes=11)]
    assert await here.fetch(ends, run, *bounds) == [(True,)]
    assert (await time_of(here, run))[0] < 60


async def test_a_retry_of_a_run_whose_time_is_used_up_names_another_limit(here: Place) -> None:
    run = await here.start(await here.put(goes_on("x")), budget={"time": 1})
    assert (await here.end(run))["failure"]["where"] == "budget.time"
    await ended_long_ago(here, run)
    with pytest.raises(Refused, match="time of its budget is used up") as refused:
        await here.work.control.retry(run, None, "somebody")
    enough = (await here.work.reasons.of(run)).command
    assert enough.startswith(f"vrooli run budget {run} time=")
    assert int(enough.rpartition("=")[2]) < 60, "the hour since then needs no room"
    assert f"`{enough}`" in refused.value.next_step
    await here.work.budgets.change(run, {"time": 600}, "somebody")
    await here.work.control.retry(run, None, "somebody")
    assert (await here.work.runs.views.get(run))["status"] != "failed"
    await here.work.runs.cancel(run, "somebody")


async def test_a_retry_gets_no_more_time_than_what_it_is_a_part_of(here: Place) -> None:
    graph = {
        "parallel": [
            [sub("a", await here.put(goes_on("x"), budget={"time": 60}))],
            [{"step": "b", "wait": {"seconds": 600}}],
        ]
    }
    run = await here.start(await here.put(graph), budget={"time": 90})
    (child,) = await here.below(run, 1)
    await here.fetch(
        f"UPDATE runs SET status = 'failed', owner = NULL, lease_until = NULL,"
        f" ended_at = now() - {AWAY}, fence = fence + 1 WHERE id = $1",
        child,
    )
    assert await here.work.control.retry(child, None, "somebody")
    same = "SELECT count(DISTINCT deadline) FROM runs WHERE root = $1"
    assert await here.fetch(same, run) == [(1,)]
    await here.work.runs.cancel(run, "somebody")
