"""WAL is received as it is written, and any moment after a restore point can be gone back to."""

import asyncio
import json
import os
import re
import shutil
import signal
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.support.older_postgres import DEBIAN, sql
from tests.support.stack import LiveStack, said, section

NEVER = dict.fromkeys(("schedule", "incremental", "redis", "drill", "prune"), "never")


def _declared(stack: LiveStack, programs: Path | None = None, **keys: Any) -> None:
    own = {"installation": str(programs)} if programs else {}
    stack.resource("postgres", "postgres", health={"interval": 0.5}, **own)
    stack.check("backup-wal", interval=1)
    stack._sections["backup"] = section("backup", {**NEVER, "system": False, **keys})
    stack.write()


@pytest.fixture
def following(stack: LiveStack) -> LiveStack:
    """A stack whose WAL is received, with a restore point of an empty table."""
    _declared(stack)
    return _filled(stack)


def _filled(stack: LiveStack) -> LiveStack:
    stack.up()
    sql(stack, "CREATE TABLE seen (n int)", "SELECT 1")
    _taken(stack)
    return stack


def _taken(stack: LiveStack) -> str:
    ended = stack.run("backup", "run", "--no-verify", "--json")
    assert ended.returncode == 0, said(ended)
    return str(json.loads(ended.stdout)["id"])


def _put(stack: LiveStack, number: int) -> str:
    """A row; when it was there, by the server's clock."""
    sql(stack, f"INSERT INTO seen (n) VALUES ({number})", "SELECT 1")
    time.sleep(0.02)
    at = str(sql(stack, "SELECT clock_timestamp()::text"))
    time.sleep(0.02)
    return at


def _rows(stack: LiveStack) -> list[int]:
    return list(sql(stack, "SELECT array_agg(n ORDER BY n) FROM seen") or [])


def _restored(stack: LiveStack, *arguments: str) -> str:
    ended = stack.run("restore", *arguments, "--only", "postgres", "--yes")
    assert ended.returncode == 0, said(ended)
    return ended.stdout + ended.stderr


def _data(stack: LiveStack) -> Path:
    """The folder in force."""
    note = stack.home / "data" / "postgres.clusters.json"
    name = json.loads(note.read_text(encoding="utf-8"))["current"] if note.exists() else "postgres"
    return stack.home / "data" / str(name)


def test_a_moment_between_two_points_is_reached_exactly(following: LiveStack) -> None:
    first = _put(following, 1)
    lsn = str(sql(following, "SELECT pg_current_wal_flush_lsn()::text"))
    _put(following, 2)
    _taken(following)
    _put(following, 3)
    _a_table_as_it_was(following, first)
    assert "LSN" in _restored(following, "--to", first)
    assert _rows(following) == [1]
    # The way on from there is received as well, and the one that was left is still known.
    second = _put(following, 4)
    _put(following, 5)
    _restored(following, "--to", second)
    assert _rows(following) == [1, 4]
    shutil.rmtree(_data(following))
    _restored(following)
    assert _rows(following) == [1, 4]
    planned = following.run("restore", "--to", lsn, "--dry-run")
    assert (planned.returncode, "files of WAL" in planned.stderr) == (0, True), said(planned)
    before = following.run("restore", "--to", "2001-01-01", "--yes")
    assert (before.returncode, "before the first" in before.stderr) == (2, True), said(before)


def _a_table_as_it_was(stack: LiveStack, at: str) -> None:
    """One row of three, out of the older of two points; what serves stays."""
    planned = stack.run("restore", "--only", "seen", "--to", at, "--dry-run")
    assert (planned.returncode, "recovered to 20" in planned.stderr) == (0, True), said(planned)
    far = stack.run("restore", "--only", "seen", "--to", "FF/0")
    assert (far.returncode, "without a gap up to" in far.stderr) == (2, True), said(far)
    ended = stack.run("restore", "--only", "seen", "--to", at, "--json")
    assert ended.returncode == 0, said(ended)
    told = json.loads(ended.stdout)
    differ = told["rows_differ"]
    assert (differ["only_live"], differ["rescued_rows"], differ["live_rows"]) == (2, 1, 3)
    begun = time.time() - 3600
    assert begun < told["reached"]["last"] <= datetime.fromisoformat(at).timestamp()
    assert "/" in told["reached"]["lsn"]
    assert _rows(stack) == [1, 2, 3]
    data = [path.name for path in (stack.home / "data").iterdir()]
    assert "postgres.rescue" not in data, data


def test_wal_that_is_damaged_or_gone_comes_from_elsewhere_or_ends_the_way(
    stack: LiveStack,
) -> None:
    stores = {name: {"url": f"file://{stack.folder / name}"} for name in ("near", "far")}
    _declared(stack)
    stack.backup(stores, **NEVER, system=False)
    stack.write()
    _filled(stack)
    times, segments = [], []
    for number in (1, 2, 3):
        times.append(_put(stack, number))
        segments.append(str(sql(stack, "SELECT pg_walfile_name(pg_current_wal_lsn())")))
        sql(stack, "SELECT pg_logical_emit_message(false, 'fill', repeat('x', 17000000))::text")
    received = {
        name: next((stack.home / "wal").rglob(f"{name}*")).parent / name for name in segments
    }
    stack.until(received[segments[2]].exists, "it is received")
    assert stack.run("backup", "ship").returncode == 0
    second = received[segments[1]]
    kept = second.rename(stack.folder / second.name)
    shutil.rmtree(stack.folder / "far" / "wal")
    assert stack.run("backup", "copy").returncode == 0  # as to a store that was added later
    _flip(next((stack.folder / "near").rglob(f"{second.name.lower()}-0")))
    planned = stack.run("restore", "--to", times[2], "--dry-run")
    assert (planned.returncode, "another store is asked" in planned.stderr) == (0, True), said(
        planned
    )
    _flip(Path(shutil.copy(kept, second)), 8192 + 100)
    assert f"taken from a store: {second.name}" in _restored(stack, "--to", times[2])
    second.unlink()
    _flip(next((stack.folder / "far").rglob(f"{second.name.lower()}-0")))
    planned = stack.run("restore", "--to", times[2], "--dry-run")
    assert (planned.returncode, f"{second.name} is missing" in planned.stderr) == (2, True), said(
        planned
    )
    ended = stack.run("restore", "--to", times[2], "--only", "postgres", "--yes")
    assert (ended.returncode, f"{second.name} is damaged" in ended.stderr) == (1, True), said(ended)
    assert _rows(stack) == [1, 2, 3]
    (there,) = re.findall(r'--to "([^"]+)"', ended.stderr)
    _restored(stack, "--to", there)
    assert _rows(stack) == [1]


def _flip(path: Path, at: int = 5000) -> None:
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 4
    path.write_bytes(bytes(content))


def test_a_position_is_reached_exactly_on_the_postgres_of_the_system(stack: LiveStack) -> None:
    if not DEBIAN:
        pytest.skip("there is no PostgreSQL of this system")
    _declared(stack, DEBIAN[-1])
    _filled(stack)
    _put(stack, 1)
    lsn = str(sql(stack, "SELECT pg_current_wal_insert_lsn()::text"))
    _put(stack, 2)
    assert "LSN" in _restored(stack, "--to", lsn)
    assert _rows(stack) == [1]


class _Load:
    """Commits rows, and counts what was acknowledged, until its server is gone."""

    def __init__(self, stack: LiveStack) -> None:
        self._stack, self.acknowledged = stack, 0

    async def run(self, seconds: float) -> None:
        """Kill the server with all its children in the middle, and remove its data."""
        password = (
            (self._stack.home / "secrets" / "postgres-vrooli").read_text(encoding="ascii").strip()
        )
        connection = await asyncpg.connect(
            host="127.0.0.1", port=self._stack.ports["postgres"], user="vrooli",
            password=password, database="vrooli", ssl=False,
        )  # fmt: skip
        loss = asyncio.ensure_future(asyncio.to_thread(self._lose, seconds))
        with suppress(
            *(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
        ):
            while True:
                await connection.execute("INSERT INTO seen VALUES ($1)", self.acknowledged + 1)
                self.acknowledged += 1
        await loss

    def _lose(self, seconds: float) -> None:
        pid = self._stack.pid("postgres")
        data = _data(self._stack)
        time.sleep(seconds)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        for number in (pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        shutil.rmtree(data, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)


@pytest.mark.parametrize("synchronous", [False, True])
def test_of_what_was_acknowledged_nothing_is_lost_with_the_server(
    stack: LiveStack, synchronous: bool
) -> None:
    """One commit at the most, where the server's sender gets its turn at once: bench/rpo.py. On a
    busy machine it is as many as were committed while it waited for it.
    """
    _declared(stack, synchronous=synchronous)
    _filled(stack)
    if synchronous:
        stack.until(lambda: sql(stack, "SHOW synchronous_standby_names") == "vrooli_wal", "waits")
    load = _Load(stack)
    asyncio.run(load.run(1.5))
    assert load.acknowledged > 10
    _restored(stack)
    found = _rows(stack)
    assert found == list(range(1, len(found) + 1))
    lost = 0 if synchronous else max(1, load.acknowledged // 20)
    assert len(found) >= load.acknowledged - lost, (len(found), load.acknowledged)


def test_a_receiver_that_is_killed_or_hangs_is_healed_without_a_gap(stack: LiveStack) -> None:
    _declared(stack, synchronous=True)
    _filled(stack)
    stack.until_result("backup-wal", "ok")
    os.kill(stack.pid("wal-postgres"), signal.SIGKILL)
    _put(stack, 1)  # it waits, until it is back or given up
    stack.until(lambda: "healed" in stack.outcomes("wal-postgres"), "it is healed")
    stack.until_result("backup-wal", "ok")
    receiver = stack.until(lambda: _receiver(stack), "it receives")
    os.kill(receiver, signal.SIGSTOP)
    _put(stack, 2)
    stack.until(lambda: _receiver(stack) not in (receiver, 0), "there is another one")
    _put(stack, 3)
    stack.until_result("backup-wal", "ok")
    streams = [path.name for path in (stack.home / "wal" / "postgres").glob("*/*-*")]
    assert not streams, "there was a gap"
    shutil.rmtree(_data(stack))
    _restored(stack)
    assert _rows(stack) == [1, 2, 3]


def test_a_slot_lost_while_its_folder_is_empty_is_told_as_a_gap(following: LiveStack) -> None:
    _put(following, 1)
    following.until_result("backup-wal", "ok")
    assert following.run("stop", "wal-postgres").returncode == 0
    (folder,) = (following.home / "wal" / "postgres").glob("*/00000001")
    for path in folder.glob("0*"):  # in a store, or its disk took none
        path.unlink()
    switch = "SELECT pg_switch_wal()::text"
    more = "CREATE TABLE IF NOT EXISTS more (n int)"
    sql(
        following,
        "SELECT pg_drop_replication_slot('vrooli_wal')::text",
        *("INSERT INTO more VALUES (1)" if n else more for n in (0, 1)),
        switch, "INSERT INTO more VALUES (1)", switch, "CHECKPOINT", "SELECT 1", user="postgres",
    )  # fmt: skip
    assert following.run("start", "wal-postgres").returncode == 0
    told = following.until_result("backup-wal", "critical", "no point leads on")
    assert "the slot was lost" in told["message"]
    assert [path.name for path in folder.parent.iterdir()] == ["00000001", "00000001-2"]
    at = _put(following, 2)
    ended = following.run("restore", "--to", at, "--dry-run")
    assert (ended.returncode, "the slot was lost" in ended.stderr) == (2, True), said(ended)
    _taken(following)
    following.until_result("backup-wal", "ok")
    at = _put(following, 3)
    _put(following, 4)
    _restored(following, "--to", at)
    assert _rows(following) == [1, 2, 3]


@pytest.mark.parametrize("where", ["here", "store"])
def test_a_segment_that_is_shorter_than_it_will_be_is_followed_to_its_end(
    following: LiveStack, where: str
) -> None:
    """Its disk was full when it was made."""
    _put(following, 1)
    end = "SELECT pg_current_wal_flush_lsn() - '0/0'::pg_lsn"
    length = int(sql(following, end)) % (16 * 1024 * 1024) // 8192 * 8192 + 2 * 8192
    following.until_result("backup-wal", "ok")
    assert following.run("stop", "wal-postgres").returncode == 0
    (partial,) = (following.home / "wal" / "postgres").rglob("*.partial")
    os.truncate(partial, length)
    if where == "store":
        assert following.run("backup", "ship").returncode == 0
        shutil.rmtree(partial.parent)
    shutil.rmtree(_data(following))
    _restored(following)
    assert _rows(following) == [1]


def test_who_interrupts_the_gathering_of_wal_leaves_nothing(following: LiveStack) -> None:
    for _ in range(20):
        sql(following, "SELECT pg_logical_emit_message(false, 'fill', 'x')::text", user="postgres")
        sql(following, "SELECT pg_switch_wal()::text", user="postgres")
    at = _put(following, 1)
    last = str(sql(following, "SELECT pg_walfile_name(pg_current_wal_lsn())"))
    following.until(lambda: [*(following.home / "wal").rglob(f"{last}*")], "it is received")
    rescue = following.start("restore", "--only", "seen", "--to", at)
    copy = following.home / "data" / "postgres.rescue"
    following.until((copy / "wal").exists, "it gathers")
    os.kill(rescue.pid, signal.SIGINT)
    told, _ = rescue.communicate(timeout=60)
    assert (rescue.returncode, "what serves was not changed" in told) == (130, True), told
    assert "Traceback" not in told
    assert not copy.exists()


def _receiver(stack: LiveStack) -> int:
    """The pid of pg_receivewal; 0 while there is none."""
    pid = stack.pid("wal-postgres")
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
            if b"pg_receivewal" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
    return 0
