"""What a keeper's record tells while no keeper answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from vrooli.core.errors import Refused
from vrooli.core.home import Home
from vrooli.core.identity import Identity
from vrooli.core.ports.processes import ProcessFacts
from vrooli.host.memory.processes import MemoryProcesses
from vrooli.host.recorded import RecordedKeeper

LIVES = Identity("boot", 7, 70)
WATCHES = Identity("boot", 8, 80)
GONE = Identity("boot", 9, 90)


def _item(name: str, identity: Identity, *, minded: bool = False) -> dict[str, Any]:
    told = {"launch_id": f"{identity.pid:08x}", "service": name, "identity": identity.to_json()}
    return told | {"fingerprint": "f", "started_at": 1.0, "adopted": False, "minded": minded}


def _keeper(home: Home, text: str) -> RecordedKeeper:
    home.keeper_record.write_text(text, encoding="utf-8")
    facts = ProcessFacts(state="S", traced=False, rss_bytes=1, cpu_seconds=0.0, age=1.0)
    processes = MemoryProcesses()
    processes.known |= {LIVES: facts, WATCHES: facts}
    return RecordedKeeper(home, processes)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty one."""
    return Home(tmp_path, tmp_path / "run")


async def test_what_lives_is_known_and_what_is_gone_is_not(home: Home) -> None:
    items = [_item("web", LIVES), _item("old", GONE), _item("autoheal", WATCHES, minded=True)]
    keeper = _keeper(home, json.dumps({"format": 1, "launches": items}))
    assert [launch.service for launch in await keeper.launches()] == ["web"]
    assert keeper.watchdog is not None
    assert keeper.watchdog.identity == WATCHES


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"launches": [1]}', '{"launches": [{}]}'])
async def test_a_damaged_record_tells_of_nothing_and_stays_where_it_is(
    home: Home, text: str
) -> None:
    assert await _keeper(home, text).launches() == []
    assert home.keeper_record.read_text(encoding="utf-8") == text


async def test_nothing_can_be_done_by_it(home: Home) -> None:
    keeper = _keeper(home, "{}")
    with pytest.raises(Refused, match="no keeper answers"):
        await keeper.signal("00000007", 15)
