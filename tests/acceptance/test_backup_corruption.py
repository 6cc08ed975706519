"""Whatever is wrong with a backup, or with the place that it goes to: it is found, and ends with
another code than 0, and what serves goes on.
"""

import json
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.test_restore_cut_short import fetching
from tests.support.disks import fill, tmpfs
from tests.support.older_postgres import sql
from tests.support.root import mounts
from tests.support.stack import LiveStack, said
from vrooli.backup.sealing import new_identity

NAMED = ("--only", "postgres", "--yes")
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def backed_up() -> Iterator[LiveStack]:
    """A stack with a database, its data on a small disk where that can be, and a verified point."""
    stack = LiveStack()
    stack.resource("postgres", "postgres")
    stack.write()
    stack.up()
    sql(stack, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n", "SELECT 1")
    ended = stack.run("backup", "run", "--only", "postgres")
    assert ended.returncode == 0, said(ended)
    yield stack
    stack.close()


def _flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[random.Random(7).randrange(len(data))] ^= 1
    path.write_bytes(bytes(data))


def _cut(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _forged(path: Path) -> None:
    """Written by somebody who has no key, and is otherwise right."""
    said_of = json.loads(path.read_text(encoding="utf-8"))
    said_of["parts"][0]["facts"] = {}
    path.write_text(json.dumps(said_of), encoding="utf-8")


def _another_key(path: Path) -> None:
    path.write_text(f"{new_identity()}\n", encoding="ascii")


DAMAGES: list[tuple[str, str, Callable[[Path], None]]] = [
    ("a bit of a pack", "backups/packs/*/*", _flipped),
    ("a pack is cut", "backups/packs/*/*", _cut),
    ("a pack is empty", "backups/packs/*/*", _emptied),
    ("a pack is missing", "backups/packs/*/*", Path.unlink),
    ("a bit of the manifest", "backups/points/*", _flipped),
    ("the manifest is cut", "backups/points/*", _cut),
    ("the manifest is forged", "backups/points/*", _forged),
    ("the manifest is missing", "backups/points/*", Path.unlink),
    ("the key is another", "secrets/backup-identity", _another_key),
    ("the key is missing", "secrets/backup-identity", Path.unlink),
    ("the key of manifests is another", "secrets/backup-mac", _another_key),
]


@pytest.mark.parametrize(("where", "damage"), [x[1:] for x in DAMAGES], ids=[x[0] for x in DAMAGES])
def test_a_damage_is_found(
    backed_up: LiveStack, where: str, damage: Callable[[Path], None]
) -> None:
    stack = backed_up
    victim = random.Random(where).choice(sorted(stack.home.glob(where)))
    good = victim.read_bytes()
    victim.chmod(0o600)
    damage(victim)
    commands = [("restore", *NAMED, "--failed"), ("backup", "verify")]
    ended = [stack.run(*command) for command in commands]
    victim.write_bytes(good)
    victim.chmod(0o600)
    for one in ended:
        assert (one.returncode in (1, 2), "Traceback" in one.stderr) == (True, False), said(one)
    assert sql(stack, "SELECT count(*) FROM kept") == 1000
    assert not [*(stack.home / "data").glob("postgres.*")]


def test_what_was_damaged_is_verified_when_it_is_whole_again(backed_up: LiveStack) -> None:
    assert backed_up.run("backup", "verify").returncode == 0


def test_a_store_that_takes_no_more_gives_no_point(backed_up: LiveStack) -> None:
    stack = backed_up
    known = json.loads(stack.run("backup", "list", "--json").stdout)
    stack.prefix = ["prlimit", "--fsize=300000"]
    full = stack.run("backup", "run")
    stack.prefix = []
    assert (full.returncode, "cannot keep" in full.stderr) == (1, True), said(full)
    assert json.loads(stack.run("backup", "list", "--json").stdout) == known


@mounts
def test_a_disk_that_fills_while_a_restore_fetches_leaves_what_serves(
    new_stack: Callable[..., LiveStack],
) -> None:
    stack = new_stack()
    stack.resource("postgres", "postgres")
    stack.write()
    data = stack.home / "data"
    data.mkdir(parents=True)
    stack.home.chmod(0o755)
    with tmpfs(data, 600 * MIB):
        data.chmod(0o755)
        try:
            stack.up()
            sql(stack, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n", "SELECT 1")
            assert stack.run("backup", "run", "--no-verify").returncode == 0
            with stack.start("restore", *NAMED) as restore:
                pid = fetching(stack)
                fill(data / "ballast")
                os.kill(pid, signal.SIGCONT)
                told = restore.communicate(timeout=120)[0]
            (data / "ballast").unlink()
            assert (restore.returncode, "Traceback" in told) == (1, False), told
            assert sql(stack, "SELECT count(*) FROM kept") == 1000
            assert not [*data.glob("postgres.*")]
        finally:
            stack.run("down")


@mounts
def test_without_room_nothing_is_fetched(backed_up: LiveStack, tmp_path: Path) -> None:
    """Whoever unpacks it knows how much it is, whatever was said."""
    with tmpfs(tmp_path, 100 * MIB):
        target = tmp_path / "target"
        target.mkdir()
        fetch = ("backup", "fetch", "latest", "--service", "postgres", "--into", str(target))
        refused = backed_up.run(*fetch)
        assert (refused.returncode, "MB are needed" in refused.stderr) == (1, True), said(refused)
        assert not [*target.iterdir()]
