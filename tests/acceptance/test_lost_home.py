"""The home is lost while its stack runs: nothing is left behind, nothing is stopped in error."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.disks import tmpfs
from tests.support.leftovers import processes_of
from tests.support.root import mounts
from tests.support.stack import LiveStack, gone, said


def _tells(name: str) -> list[str]:
    """A service that tells that it was asked to end, with its name."""
    return ["sh", "-c", f"trap 'echo {name} >> order; exit 0' TERM; while :; do sleep 0.1; done"]


@pytest.fixture
def chain(stack: LiveStack) -> LiveStack:
    """Three services, each needing the one before, and one that ignores TERM with its children."""
    for name, needs in (("base", []), ("middle", ["base"]), ("top", ["middle"])):
        stack.add(name, port=False, command=_tells(name), needs=needs)
    stack.add("stubborn", "--ignore-term", "--children", "2", stop_timeout=1)
    (stack.folder / "order").touch()
    (stack.folder / "order").chmod(0o666)
    stack.write()
    stack.up()
    stack.until_ok()
    return stack


def _order(stack: LiveStack) -> list[str]:
    return (stack.folder / "order").read_text(encoding="ascii").split()


def _delete(home: Path) -> None:
    """`rm -rf`, again where somebody wrote a file into it meanwhile."""
    while home.exists():
        shutil.rmtree(home, ignore_errors=True)


def _until_nothing_is_left(stack: LiveStack) -> None:
    stack.until(lambda: not processes_of(stack.home), "nothing is left")


def test_a_deleted_home_takes_its_stack_with_it_in_order(chain: LiveStack) -> None:
    watchdog, keeper = chain.pid("autoheal"), chain.pid("keeper")
    _delete(chain.home)
    _until_nothing_is_left(chain)
    assert gone(watchdog)
    assert gone(keeper)
    assert _order(chain) == ["top", "middle", "base"]
    assert not chain.home.exists()
    up = chain.run("up")
    assert up.returncode == 0, said(up)
    assert f"the home {chain.home} was deleted while its stack ran" in up.stderr
    assert f"all that ran in {chain.home} was stopped" in up.stderr
    chain.until_ok()
    assert "was deleted" not in chain.run("up").stderr


def test_a_deleted_home_takes_postgresql_and_the_server_with_it(stack: LiveStack) -> None:
    stack.with_postgres_and_server()
    stack.write()
    stack.up()
    stack.until_ok()
    _delete(stack.home)
    _until_nothing_is_left(stack)
    up = stack.run("up")
    assert up.returncode == 0, said(up)
    stack.until_ok()


def test_an_emptied_home_takes_its_stack_with_it(chain: LiveStack) -> None:
    for path in chain.home.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    _until_nothing_is_left(chain)
    assert _order(chain) == ["top", "middle", "base"]
    up = chain.run("up")
    assert up.returncode == 0, said(up)
    assert "was emptied" in up.stderr
    chain.until_ok()


def test_without_a_watchdog_the_keeper_does_it_the_latest_start_first(stack: LiveStack) -> None:
    stack.autoheal(enabled=False)
    for name, needs in (("base", []), ("middle", ["base"]), ("top", ["middle"])):
        stack.add(name, port=False, command=_tells(name), needs=needs)
    (stack.folder / "order").touch()
    (stack.folder / "order").chmod(0o666)
    stack.write()
    stack.up()
    _delete(stack.home)
    _until_nothing_is_left(stack)
    assert _order(stack) == ["top", "middle", "base"]


def test_an_up_at_once_waits_for_the_old_pair_and_makes_no_second_one(chain: LiveStack) -> None:
    old = chain.pids("base", "stubborn", "autoheal", "keeper")
    _delete(chain.home)
    up = chain.run("up")
    assert up.returncode == 0, said(up)
    assert f"waiting until its keeper (process {old['keeper']})" in up.stderr
    assert all(gone(pid) for pid in old.values())
    chain.until_ok()
    assert set(chain.pids(*old).values()).isdisjoint(old.values())
    assert _order(chain) == ["top", "middle", "base"]


def test_an_up_waits_for_a_pair_whose_sockets_were_removed_as_well(chain: LiveStack) -> None:
    old = chain.pids("autoheal", "keeper")
    run = next(path for path in _sockets(old["keeper"]) if path.name == "keeper.sock").parent
    _delete(chain.home)
    shutil.rmtree(run)
    up = chain.run("up")
    assert up.returncode == 0, said(up)
    assert f"waiting until its keeper (process {old['keeper']})" in up.stderr
    assert gone(old["keeper"])
    assert gone(old["autoheal"])
    chain.until_ok()


def test_an_up_in_place_of_a_home_that_was_moved_away_takes_its_place(chain: LiveStack) -> None:
    old = chain.pids("base", "stubborn", "autoheal", "keeper")
    away = chain.home.with_name("away")
    chain.home.rename(away)
    up = chain.run("up")
    assert up.returncode == 0, said(up)
    assert "was replaced by another folder" in up.stderr
    assert all(gone(pid) for pid in old.values())
    assert _order(chain) == ["top", "middle", "base"]
    assert (away / "stack.json").exists()
    chain.until_ok()


def test_down_after_the_home_was_deleted_leaves_nothing(chain: LiveStack) -> None:
    _delete(chain.home)
    down = chain.run("down")
    assert down.returncode == 0, said(down)
    assert processes_of(chain.home) == {}
    assert set(_order(chain)) == {"top", "middle", "base"}


def test_a_home_that_is_away_for_moments_stops_nothing(chain: LiveStack) -> None:
    pids = chain.pids("base", "stubborn", "autoheal", "keeper")
    away = chain.home.with_name("away")
    chain.home.rename(away)
    time.sleep(6)  # longer than it takes to be certain that a home was deleted
    away.rename(chain.home)
    assert chain.pids(*pids) == pids
    chain.until_ok()
    assert chain.pids(*pids) == pids
    assert "was moved away" in chain.log("autoheal")


@mounts
def test_a_home_that_is_unmounted_or_covered_for_moments_stops_nothing(
    new_stack: Callable[..., LiveStack], tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    tmp_path.chmod(0o755)
    with tmpfs(disk, 80 << 20):
        stack = new_stack(home=disk / "h")
        stack.add("web")
        stack.write()
        stack.up()
        stack.until_ok()
        pids = stack.pids("web", "autoheal", "keeper")
        with tmpfs(disk, 1 << 20):
            time.sleep(6)
            assert not any(gone(pid) for pid in pids.values())
        stack.until_ok()
        assert stack.pids(*pids) == pids
        stack.down()


def test_locks_that_somebody_removes_are_taken_again_and_still_exclude(chain: LiveStack) -> None:
    pids = chain.pids("base", "autoheal", "keeper")
    for name in ("keeper.lock", "watchdog.lock"):
        (chain.home / name).unlink()
    chain.until(
        lambda: all((chain.home / f"{name}.lock").exists() for name in ("keeper", "watchdog")),
        "they are there again",
    )
    assert chain.pids(*pids) == pids
    chain.kill("keeper", signal.SIGKILL)
    chain.until(lambda: chain.pid("keeper") != pids["keeper"], "the next keeper")
    assert chain.pid("base") == pids["base"]
    chain.until_ok()
    assert _order(chain) == []


def _sockets(pid: int) -> list[Path]:
    """Where a process listens."""
    numbers = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(entry)
        if target.startswith("socket:["):
            numbers.add(target[8:-1])
    rows = [
        row.split() for row in Path("/proc/net/unix").read_text(encoding="utf-8").splitlines()[1:]
    ]
    return [Path(row[7]) for row in rows if len(row) > 7 and row[6] in numbers]
