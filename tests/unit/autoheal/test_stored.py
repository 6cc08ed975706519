"""What the spool says about itself."""

from pathlib import Path

from tests.support.clocks import TurnedClock
from vrooli.autoheal.history import History
from vrooli.autoheal.record import Kind, Record
from vrooli.autoheal.retention import Limits
from vrooli.autoheal.routes.about import bytes_in
from vrooli.autoheal.stored import size, stored


async def test_each_kind_tells_how_far_back_it_reaches(tmp_path: Path) -> None:
    history = History(tmp_path / "spool.db", "boot", TurnedClock())
    await history.start()
    for at in (50.0, 40.0):
        history.append(Record(Kind.HEAL, "web", "healed", data={"id": str(at)}, at=at))
    await history.put_state("barrier", 1)
    found = {one.what: one for one in await history.read(lambda c: stored(c, Limits()))}
    assert found["heals"].oldest == 40.0
    assert found["heals"].seconds == Limits().others
    assert found["events"].oldest is None
    assert await history.read(size) > 0
    await history.close()


def test_the_size_of_a_folder_that_is_not_there_is_nothing(tmp_path: Path) -> None:
    assert bytes_in(tmp_path / "none") == 0
    (tmp_path / "a.log").write_bytes(b"12345")
    assert bytes_in(tmp_path) == 5
