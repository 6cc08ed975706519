"""What a manager says, as launches and endings."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.memory_watchdog import MemoryWatchdog, container, stack_of
from vrooli.core.identity import Identity
from vrooli.core.launch import Exit, Launch
from vrooli.core.ports.manager import Held
from vrooli.core.ports.processes import ProcessFacts
from vrooli.host.memory.processes import MemoryProcesses
from vrooli.stack.held import forget_undeclared, note
from vrooli.stack.runtime import Context

BOX = container("box")
WALL = 1_795_000_000.0
RUNS = Held("box", "running", run="one", pid=77, since=WALL)
OWN = Launch("0f0f", "box", Identity("boot", 5, 5), "", WALL)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """Of a stack with that container alone."""
    return MemoryWatchdog(tmp_path, stack_of(BOX)).supervisor.context


def seen(context: Context, age: float) -> None:
    """There is a process 77 of that age."""
    processes = context.processes
    assert isinstance(processes, MemoryProcesses)
    processes.known[Identity("boot", 77, 1)] = ProcessFacts("S", False, 0, 0.0, age)


def test_a_run_is_a_launch_and_its_end_an_exit_told_once(context: Context) -> None:
    assert note(BOX, RUNS, context) is None
    launch = context.launches["box"]
    assert (launch.launch_id, launch.started_at) == ("docker:one", WALL)
    ended = note(BOX, replace(RUNS, phase="failed", pid=0, code=3), context)
    assert ended is not None
    assert (ended.launch, ended.code) == (launch, 3)
    assert note(BOX, replace(RUNS, phase="failed", pid=0, code=3), context) is None


def test_a_run_that_nobody_saw_end_has_ended_when_another_is_there(context: Context) -> None:
    note(BOX, RUNS, context)
    ended = note(BOX, replace(RUNS, run="two", since=WALL + 9), context)
    assert ended is not None
    assert not ended.known
    assert context.launches["box"].launch_id == "docker:two"


def test_its_process_is_known_where_it_is_one_of_ours_to_see(context: Context) -> None:
    seen(context, context.tools.clock.wall() - WALL)
    note(BOX, RUNS, context)
    assert context.launches["box"].identity == Identity("boot", 77, 1)


def test_a_pid_of_another_namespace_is_no_pid_of_ours(context: Context) -> None:
    seen(context, 3.0)
    note(BOX, RUNS, context)
    assert context.launches["box"].identity.pid == 0


def test_a_process_of_ours_by_its_name_comes_first_until_it_has_ended(context: Context) -> None:
    context.launches["box"] = OWN
    note(BOX, RUNS, context)
    assert context.launches["box"] == OWN
    context.exits.record(Exit(1, OWN, 0, None, WALL, 0.0))
    note(BOX, RUNS, context)
    assert context.launches["box"].launch_id == "docker:one"


def test_what_the_stack_does_not_declare_any_more_is_let_go(context: Context) -> None:
    note(BOX, RUNS, context)
    forget_undeclared(context)
    assert "box" in context.launches
    context.stack = stack_of()
    forget_undeclared(context)
    assert (context.launches, context.held) == ({}, {})
