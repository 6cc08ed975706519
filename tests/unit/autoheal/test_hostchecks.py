"""Looks at the machine, when a check itself is broken."""

from pathlib import Path

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from vrooli.core.status import Status


async def test_a_defect_in_one_check_is_unknown_and_ends_no_tick(tmp_path: Path) -> None:
    """The watchdog in memory has no machine: what asks for one fails as nobody expected."""
    async with MemoryWatchdog(tmp_path, stack_of(scenario("web", 1))) as watchdog:
        await watchdog.loop.look_at_everything()
        result = watchdog.board.checks["system-load"].result
        assert result is not None
        assert (result.status, result.applicable) == (Status.UNKNOWN, True)
        assert result.message == "could not look: the check failed (AttributeError)"
        assert watchdog.board.tracked["web"].result is not None
