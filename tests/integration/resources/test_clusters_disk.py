"""Which folder is in force, on a disk that takes nothing any more."""

from pathlib import Path

import pytest

from tests.support.disks import fill, tmpfs
from tests.support.root import mounts
from vrooli.core.errors import StorageError
from vrooli.core.home import Home
from vrooli.host.execute import LocalExecutor
from vrooli.host.memory.clock import MemoryClock
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.stack.postgres import clusters
from vrooli.stack.postgres.clusters import Clusters

BEFORE = Clusters("postgres", "/old/bin", bound=True)
NOW = Clusters("postgres.18", "/new/bin", "postgres", "/old/bin", at=7.5)


@mounts
async def test_a_switch_can_be_taken_back_without_any_room(tmp_path: Path) -> None:
    with tmpfs(tmp_path, 1 << 20) as disk:
        home = Home(disk / "home", disk / "run")
        (home.root / "data").mkdir(parents=True)
        executor = LocalExecutor(MemoryKeeper(MemoryClock()))
        switched = clusters.switch(home, "postgres", NOW, BEFORE)
        await executor.run(switched, lambda _: None)
        assert clusters.read(home, "postgres") == NOW
        fill(disk / "ballast")
        with pytest.raises(StorageError):
            await executor.run([clusters.write(home, "postgres", BEFORE)], lambda _: None)
        await executor.run([clusters.back(home, "postgres")], lambda _: None)
        assert clusters.read(home, "postgres") == BEFORE
        await executor.run([clusters.settled(home, "postgres")], lambda _: None)
        assert [path.name for path in (home.root / "data").iterdir()] == ["postgres.clusters.json"]
