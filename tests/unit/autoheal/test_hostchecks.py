"""Looks at the machine, when a check itself is broken."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from vrooli.autoheal.catalogue import all_checks, checks_of
from vrooli.autoheal.hostchecks import HostChecker
from vrooli.autoheal.hosthealing import HostHealing
from vrooli.core.status import Status
from vrooli.stack.model import CheckSettings


async def test_a_defect_in_one_check_is_unknown_and_ends_no_tick(tmp_path: Path) -> None:
    """Its facts have no machine: what asks for one fails as nobody expected."""
    async with MemoryWatchdog(tmp_path, stack_of(scenario("web", 1))) as watchdog:
        board, ledger, clock = watchdog.board, watchdog.ledger, watchdog.clock
        healing = HostHealing(board, ledger, watchdog.restraints, watchdog.executor, clock)
        facts: Any = SimpleNamespace(stack=watchdog.supervisor.stack)
        checker = HostChecker(board, lambda: facts, ledger, healing, watchdog.suspicion)
        checks = checks_of(watchdog.supervisor.stack, all_checks())
        result = await checker.update(checks["system-load"])
        assert (result.status, result.applicable) == (Status.UNKNOWN, True)
        assert result.message == "could not look: the check failed (AttributeError)"


async def test_keys_that_an_older_version_let_pass_are_unknown_and_say_why(tmp_path: Path) -> None:
    """The compiled stack is read as it was written."""
    options = {"path": "/log", "pattern": "("}
    own = {"own": CheckSettings("log-pattern", options=options)}
    async with MemoryWatchdog(tmp_path, replace(stack_of(), checks=own)) as watchdog:
        item = checks_of(watchdog.supervisor.stack, all_checks())["own"]
        result = await watchdog.checker.update(item)
        assert result.status is Status.UNKNOWN
        assert "not a regular expression" in result.message
