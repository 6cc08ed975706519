"""What an operation does to services that are not named."""

from pathlib import Path

import pytest

from vrooli.stack import touching
from vrooli.stack.model import Service, Stack
from vrooli.stack.wanted import Wanted

NEEDS = {"db": (), "cache": (), "server": ("db",), "shop": ("server", "cache"), "blog": ()}
STACK = Stack("s", {n: Service(n, n, "scenario", "scenario", needs=v) for n, v in NEEDS.items()})


@pytest.fixture
def wanted(tmp_path: Path) -> Wanted:
    (tmp_path / "run").mkdir()
    found = Wanted(tmp_path / "wanted.json", tmp_path / "run" / "wanted.json")
    found.start(NEEDS, NEEDS)
    return found


def stop(wanted: Wanted, *names: str) -> None:
    wanted.stop(names, touching.stopped(STACK, names, wanted))


def start(wanted: Wanted, *names: str) -> None:
    wanted.start(touching.started(STACK, names, wanted), NEEDS)


def off(wanted: Wanted) -> list[str]:
    return [name for name in NEEDS if not wanted.running(name)]


def test_what_was_stopped_along_runs_again_with_it_also_after_a_reboot(
    wanted: Wanted, tmp_path: Path
) -> None:
    assert touching.plan("stop", STACK, ["db"], wanted).stops == ("server", "shop")
    stop(wanted, "db")
    assert off(wanted) == ["db", "server", "shop"]
    again = Wanted(tmp_path / "wanted.json", tmp_path / "run" / "wanted.json")
    assert again.along == {"server": ("db",), "shop": ("db",)}
    assert touching.plan("start", STACK, ["db"], again).starts == ("server", "shop")
    start(again, "db")
    assert off(again) == []
    assert again.along == {}


def test_what_somebody_chose_to_stop_stays_stopped(wanted: Wanted) -> None:
    stop(wanted, "shop")
    stop(wanted, "db")
    start(wanted, "db")
    assert off(wanted) == ["shop"]
    stop(wanted, "db")
    stop(wanted, "server")  # chosen now
    start(wanted, "db")
    assert off(wanted) == ["server", "shop"]


def test_it_waits_for_all_that_it_needs(wanted: Wanted) -> None:
    stop(wanted, "db")
    stop(wanted, "cache")
    start(wanted, "db")
    assert off(wanted) == ["cache", "shop"]
    start(wanted, "blog")
    assert off(wanted) == ["cache", "shop"]
    start(wanted, "cache")
    assert off(wanted) == []


def test_a_restart_stops_nothing_else_and_says_who_misses_it(wanted: Wanted) -> None:
    plan = touching.plan("restart", STACK, ["db"], wanted)
    assert (plan.stops, plan.starts, plan.without) == ((), (), ("server", "shop"))
    wanted.stop_all()
    assert touching.plan("start", STACK, ["shop"], wanted).starts == ("cache", "db", "server")
