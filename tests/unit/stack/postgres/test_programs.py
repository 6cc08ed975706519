"""What an upgrade runs ends with it, also when it is cancelled at the worst moment."""

import asyncio
from pathlib import Path

import pytest

from tests.support.kinds import place, resource
from tests.support.memory_watchdog import stack_of
from vrooli.core.launch import Launch, LaunchSpec
from vrooli.host.clock import SystemClock
from vrooli.host.execute import LocalExecutor
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.host.memory.processes import MemoryProcesses
from vrooli.host.streams import AsyncioStreams
from vrooli.stack.kind import ProbeTools
from vrooli.stack.names import valid_name
from vrooli.stack.postgres.cluster import made_as
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.left import launched_as, stage_folder
from vrooli.stack.postgres.upgrade.programs import Programs
from vrooli.stack.postgres.upgrade.stage import Stage
from vrooli.stack.resources.postgres import KIND
from vrooli.stack.runtime import Context
from vrooli.stack.upgrading import Wish


class SlowKeeper(MemoryKeeper):
    """One that has been asked, and answers when it is `told`."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.asked, self.told = asyncio.Event(), asyncio.Event()

    async def spawn(self, spec: LaunchSpec) -> Launch:
        self.asked.set()
        await self.told.wait()
        return await super().spawn(spec)


def tools(root: Path, keeper: MemoryKeeper) -> ProbeTools:
    """What an upgrade works with; no server answers."""
    return ProbeTools(place(root, as_root=False), AsyncioStreams(), keeper, SystemClock())


async def test_a_server_that_was_asked_for_does_not_outlive_its_upgrade(tmp_path: Path) -> None:
    keeper = SlowKeeper()
    stage = Stage("postgres", tmp_path / "stage", tmp_path, 1, tmp_path / "log", None)
    programs = Programs(stage, tools(tmp_path, keeper))

    async def serve() -> None:
        async with programs.server(Installation("18.4", tmp_path), tmp_path):
            raise AssertionError("nobody answers")

    task = asyncio.create_task(serve())
    await keeper.asked.wait()
    task.cancel()
    keeper.told.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [spec.service for spec in keeper.spawned] == [launched_as("postgres")]
    assert await keeper.launches() == []


async def test_nothing_runs_on_data_that_is_removed(tmp_path: Path) -> None:
    keeper, service = MemoryKeeper(SystemClock()), resource("postgres")
    executor, where = LocalExecutor(keeper), tools(tmp_path, keeper)
    context = Context(stack_of(service), where, MemoryProcesses(), executor, {})
    stage = stage_folder(where.place.home.root / "data", "postgres")
    stage.mkdir(parents=True)
    for name in (launched_as("postgres"), made_as("postgres"), "postgres-upgrade"):
        await keeper.spawn(LaunchSpec(name, ("postgres",), "/", {}, "/log"))
    await KIND.upgrade(service, context, Wish()).clean()
    assert [launch.service for launch in await keeper.launches()] == ["postgres-upgrade"]
    assert not stage.exists()


@pytest.mark.parametrize("name", [launched_as("postgres"), made_as("postgres")])
def test_no_service_can_be_called_as_what_an_upgrade_runs(name: str) -> None:
    assert not valid_name(name)
