"""The test of settings in the order of things: before anything is stopped or started."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from tests.support.stackfile import StackFile
from tests.support.until import until
from vrooli.core.errors import Refused
from vrooli.core.launch import LaunchSpec
from vrooli.host.clock import SystemClock
from vrooli.host.memory.keeper import Behaviour, MemoryKeeper
from vrooli.stack.progress import silent

TESTED = replace(scenario("web", 1), config_test=("web", "-t"))


class Told:
    """A keeper on which the test of settings behaves as told."""

    def __init__(self) -> None:
        self.test = Behaviour(ends_after=0.0)
        self.keeper = MemoryKeeper(SystemClock(), self._behave)

    def _behave(self, spec: LaunchSpec) -> Behaviour:
        return self.test if spec.service.endswith(".config-test") else Behaviour()

    def spawned(self) -> list[str]:
        """Programs, in order."""
        return [" ".join(spec.argv) for spec in self.keeper.spawned]


FAILS = Behaviour(ends_after=0.0, code=1)


async def test_it_runs_before_each_start_and_restart(tmp_path: Path) -> None:
    told = Told()
    async with MemoryWatchdog(tmp_path, stack_of(TESTED), told.keeper) as watchdog:
        await watchdog.operations.run("up", (), silent)
        await watchdog.operations.run("restart", ["web"], silent)
    started = told.spawned()
    assert [line for line, before in pairwise([*started, ""]) if line != before] == [
        "web -t", "web", "web -t", "web"
    ]  # fmt: skip
    test, program = told.keeper.spawned[:2]
    assert (test.env, test.cwd, test.user) == (program.env, program.cwd, program.user)


async def test_while_it_fails_what_runs_is_left_running(tmp_path: Path) -> None:
    told = Told()
    async with MemoryWatchdog(tmp_path, stack_of(TESTED), told.keeper) as watchdog:
        await watchdog.operations.run("up", (), silent)
        told.test = FAILS
        launch = watchdog.launch_id("web")
        for work in (
            lambda: watchdog.supervisor.restart_one(TESTED, silent),
            lambda: watchdog.operations.run("restart", ["web"], silent),
        ):
            with pytest.raises(Refused, match=r"its test of settings \(`web`\) exited with code 1"):
                await work()
        assert watchdog.launch_id("web") == launch


@pytest.mark.parametrize("ladder", [("restart",), ("kill",), ("restart-needs",)])
async def test_a_heal_is_refused_and_nothing_counted_and_plan_says_the_same(
    tmp_path: Path, ladder: tuple[str, ...]
) -> None:
    told, stack = Told(), stack_of(replace(TESTED, ladder=ladder))
    async with MemoryWatchdog(tmp_path, stack, told.keeper) as watchdog:
        await watchdog.operations.run("up", (), silent)
        web = watchdog.board.tracked["web"]
        await until(lambda: web.healthy)
        told.test, launch = FAILS, watchdog.launch_id("web")
        watchdog.ports.closed.add(1)
        await until(lambda: web.heal is not None and web.heal.outcome == "refused")
        assert web.heal is not None
        assert "its test of settings" in web.heal.note
        assert watchdog.launch_id("web") == launch
        assert watchdog.board.heal_times == []
        assert web.failure is not None
        case = watchdog.situations.case(web, web.failure)
        assert "its test of settings" in case.situation.gate
        assert web.decision is not None
        assert (web.decision.verdict, web.decision.rule) == ("refuse", "gate")


@pytest.mark.parametrize(
    "test", [Behaviour(fails="no such program"), Behaviour(ends_after=None)], ids=["none", "hangs"]
)
async def test_one_that_says_nothing_keeps_nothing_down(
    tmp_path: Path, test: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told()
    told.test = test
    monkeypatch.setattr("vrooli.stack.config_test.SECONDS", 0.2)
    async with MemoryWatchdog(tmp_path, stack_of(TESTED), told.keeper) as watchdog:
        summary = await watchdog.operations.run("up", (), silent)
        assert summary.ok
        assert watchdog.board.tracked["web"].backoff.level == 0


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("config_test = []", "config_test: expected a list of texts"),
        ('config_test = [" "]', "config_test: expected a list of texts"),
        (
            'config_test = ["x", "--dsn=postgres://u:pw@h/d"]',
            "config_test: a password in a command",
        ),
        ('runtime = "external"\nurl = "http://x"\nconfig_test = ["x"]', "an external service"),
    ],
)
def test_a_mistake_is_named(file: StackFile, lines: str, problem: str) -> None:
    found = file.problems(f'[scenarios.web]\ncommand = ["web"]\n{lines}')
    assert any(problem in line for line in found), found


def test_a_program_that_is_a_path_starts_at_the_file(file: StackFile) -> None:
    service = file.scenario('config_test = ["./check", "-t"]')
    assert service.config_test == (f"{file.path.parent}/check", "-t")
