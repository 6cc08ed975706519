"""A drill takes the time that it takes, and is refused where it would cost others something."""

import asyncio
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.backup.made import new_keys, new_store, part_of, point_of, stored
from vrooli.backup.combining import Combine
from vrooli.backup.drilling import BUSY, Driller
from vrooli.backup.point import Part
from vrooli.backup.proving import Prover
from vrooli.core.errors import Refused, StartFailed
from vrooli.core.ports.outputs import OutputProgram
from vrooli.host.memory.clock import MemoryClock
from vrooli.stack.backing import Backing, Found
from vrooli.stack.backup_ledger import Drill
from vrooli.stack.backup_settings import Objectives
from vrooli.stack.upgrading import Told

KEYS = new_keys()
WALL = 10_000.0


class Slow(Backing):
    """Its copies answer after 7 seconds, or not at all; what it was is read from one file."""

    form = "files"

    def __init__(self, folder: Path, clock: MemoryClock) -> None:
        self.folder, self.clock, self.works = folder, clock, True

    async def begin(self) -> None:
        """See the base."""

    async def end(self) -> None:
        """See the base."""

    async def ask(self) -> Mapping[str, Any]:
        """See the base."""
        return {}

    def program(self) -> OutputProgram:
        """See the base."""
        return OutputProgram("nothing", ("true",), {})

    async def prepare(self) -> str:
        """See the base."""
        self.folder.mkdir()
        return str(self.folder)

    async def prove(self, told: Told) -> Found:
        """See the base."""
        assert (self.folder / "file").read_bytes() == b"data"
        await self.clock.advance(7.0)
        if not self.works:
            raise StartFailed("it does not answer", where="redis", next_step="look")
        return Found(())

    async def clean(self) -> None:
        """See the base."""
        (self.folder / "file").unlink(missing_ok=True)
        self.folder.rmdir()

    user = None  # whoever we are


def _alone(part: Part) -> Combine:
    raise AssertionError(f"{part.service} builds on nothing")


def _drilled(
    tmp_path: Path,
    *,
    works: bool = True,
    room: int = 10**9,
    load: float = 0.5,
    busy: bool = False,
    allowed: Objectives | None = None,
) -> Drill:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("file")
        info.size = 4
        tar.addfile(info, io.BytesIO(b"data"))
    (store, _), clock = new_store(KEYS), MemoryClock(WALL)
    point = point_of(part_of(stored(out.getvalue(), store, KEYS), "redis"))
    prover = Prover(store, KEYS, clock, lambda: room, lambda _: None, lambda _: None, _alone)
    driller = Driller(prover, allowed or Objectives(), lambda: load, busy)
    backing = Slow(tmp_path / "stage", clock)
    backing.works = works
    found = asyncio.run(driller.drill(point, point.parts[0], backing))
    assert not backing.folder.exists()
    return found


def test_where_nothing_better_is_known_all_since_the_point_was_begun_counts_as_lost(
    tmp_path: Path,
) -> None:
    found = _drilled(tmp_path)
    assert (found.ok, found.rto, found.at) == (True, 7.0, WALL)
    assert found.rpo == WALL + 7 - 1.0  # the point was begun at 1.0
    assert (found.rto_objective, found.rpo_objective) == (900, 21600)
    assert found.met


@pytest.mark.parametrize("allowed", [Objectives(postgres_rto=6), Objectives(postgres_rpo=10_000)])
def test_what_takes_or_loses_more_than_is_allowed_is_not_met(
    tmp_path: Path, allowed: Objectives
) -> None:
    found = _drilled(tmp_path, allowed=allowed)
    assert (found.ok, found.met) == (True, False)


def test_a_copy_that_does_not_answer_is_a_failed_drill(tmp_path: Path) -> None:
    found = _drilled(tmp_path, works=False)
    assert (found.ok, found.met, found.rto) == (False, False, 7.0)
    assert "it does not answer" in found.why


def test_without_room_nothing_is_tried_and_nothing_left(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="are free"):
        _drilled(tmp_path, room=4)
    assert not any(tmp_path.iterdir())


def test_a_busy_machine_is_left_alone_unless_that_is_meant(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="at the cost of what serves"):
        _drilled(tmp_path, load=BUSY + 1)
    assert not any(tmp_path.iterdir())
    assert _drilled(tmp_path, load=BUSY + 1, busy=True).ok


@pytest.mark.parametrize(
    ("source", "rto"), [("postgres-physical", 900), ("redis-rdb", 300), ("files", 1800)]
)
def test_each_kind_has_its_objectives(source: str, rto: float) -> None:
    assert Objectives().of(source)[0] == rto
