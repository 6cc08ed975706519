"""Jobs in a watchdog whose keeper, clocks apart, is in memory."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from tests.support.until import until
from tests.support.waiting import eventually
from vrooli.core.errors import Busy, Refused, SecretError, UsageError
from vrooli.core.launch import LaunchSpec
from vrooli.host.clock import SystemClock
from vrooli.host.memory.keeper import Behaviour, MemoryKeeper
from vrooli.stack.model import Job, Service, Stack
from vrooli.stack.progress import silent

OFTEN = Job("a", ("x",), "every 1s", cwd="/")
NEVER = Job("a", ("x",), "0 0 29 2 *", cwd="/")  # not while this test runs, nearly always


def keeper(**behaviour: Any) -> MemoryKeeper:
    """Every process acts alike; by default it ends at once, well."""
    chosen = {"ends_after": 0.0, **behaviour}
    return MemoryKeeper(SystemClock(), lambda spec: Behaviour(**chosen))


def stack_with(*jobs: Job, services: tuple[Service, ...] = ()) -> Stack:
    """A stack of jobs."""
    return replace(stack_of(*services), jobs={job.name: job for job in jobs})


class Kept:
    """One home and its keeper; watchdogs come and go."""

    def __init__(self, folder: Path, keeper: MemoryKeeper) -> None:
        self.folder, self.keeper = folder, keeper

    async def watchdog(self, stack: Stack, boot: str = "memory") -> MemoryWatchdog:
        """The next one, with the stack up."""
        watchdog = MemoryWatchdog(self.folder, stack, self.keeper, boot=boot)
        await watchdog.__aenter__()
        await watchdog.operations.run("up", (), silent)
        return watchdog


def spawned(keeper: MemoryKeeper) -> list[LaunchSpec]:
    """Runs that were started."""
    return [spec for spec in keeper.spawned if spec.service.startswith("job:")]


async def history(watchdog: MemoryWatchdog, name: str = "a") -> list[dict[str, Any]]:
    """What happened to a job, the oldest first."""
    return [*reversed(await watchdog.jobs.history(name, 1000, 0.0))]


async def happened(watchdog: MemoryWatchdog, *what: str, name: str = "a") -> list[dict[str, Any]]:
    """Wait until these things have happened to a job; all that did, the oldest first."""
    async with asyncio.timeout(60):
        while True:
            events = await history(watchdog, name)
            if set(what) <= {event["what"] for event in events}:
                return events
            await asyncio.sleep(0.05)


async def test_it_runs_at_its_times_and_each_run_is_on_record(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keeper())
    watchdog = await kept.watchdog(stack_with(OFTEN))
    await until(lambda: len(spawned(kept.keeper)) >= 3)
    await watchdog.die()
    async with MemoryWatchdog(tmp_path, stack_with(OFTEN), kept.keeper) as after:
        events = await history(after)
    dues = [event["due"] for event in events if event["what"] == "started"]
    assert dues == sorted(set(dues))
    assert [event["what"] for event in events][:4] == ["started", "ok"] * 2
    assert all(event["seconds"] >= 0 for event in events if event["what"] == "ok")


async def test_it_is_a_check_while_it_is_declared(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keeper(code=3))
    watchdog = await kept.watchdog(stack_with(OFTEN))
    await happened(watchdog, "failed")
    check = watchdog.board.checks["job-a"]
    await until(lambda: check.result is not None and check.result.status == "critical")
    assert check.result is not None
    assert check.result.message.startswith("failed: exited with code 3")
    await watchdog.jobs.replace(stack_with())
    assert "job-a" not in watchdog.board.checks
    await watchdog.die()


async def test_what_it_said_while_the_stack_was_down_ends_with_the_up(tmp_path: Path) -> None:
    stack = stack_with(NEVER, services=(scenario("web", 1),))
    async with MemoryWatchdog(tmp_path, stack, keeper(ends_after=None)) as watchdog:

        def message() -> str:
            check = watchdog.board.checks.get("job-a")
            return check.result.message if check and check.result else ""

        await until(lambda: message() == "the stack is down")
        said: list[str] = []
        await watchdog.operations.run("up", (), lambda step: said.append(message()))
        assert said
        assert "the stack is down" not in said
        await until(lambda: message().startswith("has not run yet; next at"))


async def test_never_two_at_once_and_what_is_skipped_is_told_once_and_counted(
    tmp_path: Path,
) -> None:
    kept = Kept(tmp_path, keeper(ends_after=3.5))
    watchdog = await kept.watchdog(stack_with(OFTEN))
    events = await happened(watchdog, "started", "skipped", "ok")
    first = [event["what"] for event in events][:3]
    assert first == ["started", "skipped", "ok"]
    assert 2 <= events[2]["skipped"] <= 4
    await watchdog.die()


async def test_a_run_outlives_the_watchdog_and_the_next_one_learns_its_end(
    tmp_path: Path,
) -> None:
    kept = Kept(tmp_path, keeper(ends_after=2.5))
    watchdog = await kept.watchdog(stack_with(NEVER))
    run = await watchdog.jobs.run_now("a", "me")
    await until(lambda: len(spawned(kept.keeper)) == 1)
    await watchdog.die()
    watchdog = await kept.watchdog(stack_with(NEVER))
    assert watchdog.jobs.row("a")["running"]["id"] == run.id
    events = await happened(watchdog, "ok")
    assert [event["what"] for event in events] == ["started", "ok"]
    assert events[-1]["seconds"] >= 2.4
    assert len(spawned(kept.keeper)) == 1
    await watchdog.die()


async def test_an_end_that_nobody_saw_is_learned_from_the_keeper(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keeper(ends_after=1.0, code=4))
    watchdog = await kept.watchdog(stack_with(NEVER))
    await watchdog.jobs.run_now("a", "me")
    await until(lambda: len(spawned(kept.keeper)) == 1)
    await watchdog.die()
    await until(lambda: len(kept.keeper._exits) == 1)
    watchdog = await kept.watchdog(stack_with(NEVER))
    events = await happened(watchdog, "failed")
    assert (events[-1]["code"], events[-1]["reason"]) == (4, "exited with code 4")
    await watchdog.die()


async def test_a_run_of_before_a_reboot_is_lost_and_made_up_for_once(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keeper(ends_after=None))
    watchdog = await kept.watchdog(stack_with(OFTEN))
    await until(lambda: len(spawned(kept.keeper)) == 1)
    await watchdog.die()
    rebooted = Kept(tmp_path, keeper())
    watchdog = await rebooted.watchdog(stack_with(OFTEN), boot="another")
    events = await happened(watchdog, "lost", "ok")
    told = [event["what"] for event in events if event["what"] != "skipped"]
    assert told[:4] == ["started", "lost", "started", "ok"]
    await watchdog.die()


async def test_what_does_not_start_has_failed_and_the_reason_is_told(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keeper(fails="command not found: x"))
    watchdog = await kept.watchdog(stack_with(replace(NEVER, critical=False)))
    await watchdog.jobs.run_now("a", "me")
    events = await happened(watchdog, "failed")
    assert events[-1]["reason"] == "command not found: x"
    check = watchdog.board.checks["job-a"]
    await until(lambda: check.result is not None and check.result.status == "warning")
    await watchdog.die()


async def test_a_keeper_that_is_gone_at_the_start_makes_no_second_run(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keeper())
    watchdog = await kept.watchdog(stack_with(NEVER))
    kept.keeper.crash()
    run = await watchdog.jobs.run_now("a", "me")
    await asyncio.sleep(1.0)
    assert watchdog.jobs.row("a")["running"]["id"] == run.id
    with pytest.raises(Busy):
        await watchdog.jobs.run_now("a", "me")
    kept.keeper.restart()
    events = await happened(watchdog, "lost")  # the keeper never heard of it
    assert [event["what"] for event in events] == ["started", "lost"]
    assert spawned(kept.keeper) == []
    await watchdog.die()


async def test_it_does_not_start_before_that_is_written_down(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keeper())
    watchdog = await kept.watchdog(stack_with(OFTEN))
    await until(lambda: len(spawned(kept.keeper)) >= 1)
    with watchdog.slow_disk():
        await until(lambda: "not written yet" in (watchdog.jobs.row("a")["refused"] or ""))
        before = len(spawned(kept.keeper))
        await asyncio.sleep(2.5)
        assert len(spawned(kept.keeper)) == before
    await until(lambda: len(spawned(kept.keeper)) > before)
    await until(lambda: not watchdog.jobs.row("a")["refused"])
    await watchdog.die()


async def test_a_need_that_is_not_healthy_refuses_it_until_it_is(tmp_path: Path) -> None:
    db = scenario("db", 1)
    kept = Kept(tmp_path, MemoryKeeper(SystemClock(), ends_unless_service))
    watchdog = await kept.watchdog(stack_with(replace(OFTEN, needs=("db",)), services=(db,)))
    await until(lambda: len(spawned(kept.keeper)) >= 1)
    watchdog.ports.closed.add(1)
    await until(lambda: not watchdog.board.tracked["db"].healthy)
    events = await happened(watchdog, "refused")
    before = len(spawned(kept.keeper))
    assert events[-1]["reason"] == "it needs db, which is not healthy"
    with pytest.raises(Refused, match="it needs db"):
        await watchdog.jobs.run_now("a", "me")
    watchdog.ports.closed.clear()
    await until(lambda: len(spawned(kept.keeper)) > before, seconds=60)
    await watchdog.ledger.event("job-a", "not paged", why="what the pager says of the check")
    told = [event["what"] for event in await history(watchdog)]
    assert told.count("refused") == 1
    assert "not paged" not in told
    await watchdog.die()


def ends_unless_service(spec: LaunchSpec) -> Behaviour:
    """Jobs end at once, services run."""
    return Behaviour(ends_after=0.0 if spec.service.startswith("job:") else None)


async def test_a_run_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keeper(ends_after=None, children=2))
    watchdog = await kept.watchdog(stack_with(replace(NEVER, timeout=1.0)))
    await watchdog.jobs.run_now("a", "me")
    events = await happened(watchdog, "timeout")
    assert events[-1]["reason"] == "took too long; killed by signal 15"
    assert await kept.keeper.launches() == []
    assert {sent[2] for sent in kept.keeper.sent} == {True}
    await watchdog.die()


async def test_what_a_run_leaves_behind_is_ended(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keeper(children=1))
    watchdog = await kept.watchdog(stack_with(NEVER))
    await watchdog.jobs.run_now("a", "me")
    await happened(watchdog, "ok")
    launch = kept.keeper._exits[-1].launch
    assert await kept.keeper.survivors(launch.launch_id) == []
    await watchdog.die()


async def test_down_ends_what_runs_and_up_makes_up_for_it(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keeper(ends_after=None))
    watchdog = await kept.watchdog(stack_with(OFTEN))
    await until(lambda: len(spawned(kept.keeper)) == 1)
    steps: list[tuple[str, str]] = []
    await watchdog.operations.run("down", (), lambda step: steps.append((step.service, step.phase)))
    assert steps == [("job-a", "stopping"), ("job-a", "stopped")]
    assert await kept.keeper.launches() == []
    events = await happened(watchdog, "stopped")
    assert events[-1]["reason"] == "stopped by an operator"
    await asyncio.sleep(2.5)
    assert len(spawned(kept.keeper)) == 1
    with pytest.raises(Refused, match="down"):
        await watchdog.jobs.run_now("a", "me")
    await watchdog.operations.run("up", (), silent)
    await until(lambda: len(spawned(kept.keeper)) == 2)
    await watchdog.die()


async def test_an_edit_is_taken_on(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keeper(ends_after=None))
    old, other = replace(OFTEN, name="old"), replace(NEVER, name="other")
    watchdog = await kept.watchdog(stack_with(old, other))
    await until(lambda: len(spawned(kept.keeper)) == 1)
    new, changed = replace(OFTEN, name="new"), replace(other, schedule="every 1s")
    await watchdog.jobs.replace(stack_with(changed, new))
    running = [launch.service for launch in await kept.keeper.launches()]
    assert "job:old" not in running
    await until(lambda: {spec.service for spec in spawned(kept.keeper)} >= {"job:new", "job:other"})
    assert [row["name"] for row in watchdog.jobs.rows()] == ["other", "new"]
    await watchdog.die()


async def test_a_run_of_a_job_that_was_taken_away_meanwhile_is_ended(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keeper(ends_after=None))
    watchdog = await kept.watchdog(stack_with(NEVER))
    await watchdog.jobs.run_now("a", "me")
    await until(lambda: len(spawned(kept.keeper)) == 1)
    await watchdog.die()
    watchdog = await kept.watchdog(stack_with())
    async with asyncio.timeout(30):
        while await kept.keeper.launches():  # noqa: ASYNC110 - the keeper's, not ours
            await asyncio.sleep(0.05)
    assert await watchdog.history.all_state("job:") == {}
    await watchdog.die()


async def test_one_that_is_declared_again_has_nothing_to_catch_up(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keeper())
    watchdog = await kept.watchdog(stack_with(OFTEN))
    await happened(watchdog, "ok")
    await watchdog.jobs.replace(stack_with())
    assert await watchdog.history.all_state("job:") == {}
    await watchdog.die()


async def test_a_failed_run_is_run_again_and_that_is_told_as_a_heal(tmp_path: Path) -> None:
    codes = iter([1, 1, 0])
    memory = MemoryKeeper(SystemClock(), lambda spec: Behaviour(ends_after=0.0, code=next(codes)))
    kept = Kept(tmp_path, memory)
    job = replace(OFTEN, schedule="every 10s", retries=3, retry_delay=0.5)
    watchdog = await kept.watchdog(stack_with(job))
    events = await happened(watchdog, "ok")
    assert [event["what"] for event in events] == ["started", "failed"] * 2 + ["started", "ok"]
    assert [event["attempt"] for event in events] == [1, 1, 2, 2, 3, 3]
    assert {event["due"] for event in events} == {events[0]["due"]}

    async def ended() -> bool:
        return [heal["outcome"] for heal in await watchdog.heals("job-a")] == ["healed"]

    await eventually(ended, "its heal has ended")
    [heal] = await watchdog.heals("job-a")
    assert heal["cause"] == "exited with code 1"
    assert [attempt["action"] for attempt in heal["attempts"]] == ["run-again"] * 2
    await watchdog.die()


async def test_by_hand_it_runs_beside_its_schedule_and_never_beside_itself(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keeper(ends_after=1.0))
    watchdog = await kept.watchdog(stack_with(NEVER))
    run = await watchdog.jobs.run_now("a", "me")
    assert (run.trigger, run.due, run.by) == ("manual", None, "me")
    with pytest.raises(Busy, match="it runs already"):
        await watchdog.jobs.run_now("a", "me")
    with pytest.raises(UsageError, match="there is no job `b`"):
        await watchdog.jobs.run_now("b", "me")
    await happened(watchdog, "ok")
    await watchdog.die()


async def test_a_secret_that_is_missing_refuses_it(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keeper())
    watchdog = await kept.watchdog(stack_with(replace(NEVER, env={"A": "env:MISSING"})))
    with pytest.raises(SecretError, match="MISSING"):
        await watchdog.jobs.run_now("a", "me")
    assert await history(watchdog) == []
    await watchdog.die()


async def test_a_damaged_memory_is_begun_anew(tmp_path: Path) -> None:
    kept = Kept(tmp_path, keeper())
    watchdog = await kept.watchdog(stack_with(OFTEN))
    await happened(watchdog, "ok")
    await watchdog.die()
    watchdog = MemoryWatchdog(tmp_path, stack_with(OFTEN), kept.keeper)
    await watchdog.history.start()
    await watchdog.history.put_state("job:a", {"schedule": 3})
    await watchdog.history.close()
    before = len(spawned(kept.keeper))
    watchdog = await kept.watchdog(stack_with(OFTEN))
    await until(lambda: len(spawned(kept.keeper)) > before)
    await watchdog.die()
