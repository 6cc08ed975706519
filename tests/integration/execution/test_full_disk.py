"""A swarm while the disk of its PostgreSQL is full."""

import asyncio
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.execution.test_swarms import children, swarm
from tests.support.disks import fill, tmpfs
from tests.support.postgres import Postgres, run_as
from tests.support.root import mounts
from tests.support.trees import place
from tests.support.waiting import eventually
from tests.support.work import with_tables
from vrooli.core.errors import Unreachable
from vrooli.execution.runs.why import Reason
from vrooli.execution.swarms.store import Put

ROOM = 60 << 20
LARGE = secrets.token_hex(60_000)
"""What no page that is there has room for."""


@pytest.fixture
def small(cluster: Postgres) -> Iterator[tuple[str, Path]]:
    """A database whose tables lie on a file system of their own."""
    name = f"small{secrets.token_hex(4)}"
    folder = Path("/tmp") / name
    folder.mkdir(mode=0o755)
    try:
        with tmpfs(folder, ROOM):
            (folder / "tables").mkdir()
            shutil.chown(folder / "tables", run_as() or os.getuid())
            cluster.sql(f"CREATE TABLESPACE {name} LOCATION '{folder}/tables'")
            dsn = with_tables(cluster, name)
            yield dsn, folder / "ballast"
            cluster.sql(f'DROP DATABASE "{dsn.rpartition("/")[2]}" WITH (FORCE)')
            cluster.sql(f"DROP TABLESPACE {name}")
    finally:
        folder.rmdir()


@mounts
async def test_a_swarm_says_that_there_is_no_room_and_goes_on_once_there_is(
    small: tuple[str, Path],
) -> None:
    """Nothing is lost meanwhile, and nothing done twice."""
    dsn, ballast = small
    async with place(dsn) as here:
        large = await here.put({"step": "n", "value": {"n": LARGE}})
        brief = await here.put({"step": "w", "wait": {"seconds": 0.3}})
        first = {"task": "brief", "routine": brief}
        chain = [{"task": "a", "after": ["brief"]}, {"task": "b", "after": ["a"]}]
        run = await swarm(here, first, *({**one, "routine": large} for one in chain))
        await here.below(run, 1)
        await asyncio.to_thread(fill, ballast)

        async def told() -> Reason | None:
            reason = await here.work.swarms.why(run)
            return reason if reason.code == "no-room" else None

        reason = await eventually(told, "it says that there is no room")
        assert (reason.moving, reason.command) == (False, "vrooli status")
        assert "PostgreSQL has no room left on its disk" in reason.says
        with pytest.raises(Unreachable) as refused:
            await here.work.swarms.write(run, Put("board.x", LARGE[:60_000], "ann"))
        assert "make room" in refused.value.next_step
        assert (await here.work.runs.views.get(run))["ended_at"] is None
        ballast.unlink()
        found = await here.end(run)
        assert found["status"] == "completed", found["failure"]
        assert [one["status"] for one in await children(here, run)] == ["completed"] * 3
        query = "SELECT count(*) FROM run_events WHERE root = $1 AND kind = 'step.completed'"
        assert await here.fetch(query, run) == [(4,)]
        gaps = "SELECT max(seq) = count(*) FROM run_events WHERE root = $1"
        assert await here.fetch(gaps, run) == [(True,)]
