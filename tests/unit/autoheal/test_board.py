"""What the watchdog knows about who needs whom."""

from pathlib import Path

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of


async def test_who_needs_a_service_is_known_anew_after_an_edit(tmp_path: Path) -> None:
    db, web = scenario("db", 1), scenario("web", 2, needs=("db",))
    async with MemoryWatchdog(tmp_path, stack_of(db, web)) as watchdog:
        board = watchdog.board
        board.wanted.start(["db", "web", "shop"], ["db", "web", "shop"])
        assert [t.name for t in board.dependents(board.tracked["db"])] == ["web"]
        edited = stack_of(db, web, scenario("shop", 3, needs=("web",)))
        await watchdog.loop.replace(edited)
        assert [t.name for t in board.dependents(board.tracked["db"])] == ["shop", "web"]
