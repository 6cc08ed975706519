"""kill -9 of PostgreSQL and loss of its data folder under load: acknowledged commits lost, and how
many are made a second meanwhile. Each peer loses its server as often, at the same moments.
"""

import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg

from bench._arguments import parser
from bench._figures import machine, say
from tests.support.older_postgres import NEWER, sql
from tests.support.ports import free_port
from tests.support.stack import LiveStack, said, section

ROUNDS = 5
SEED = 47
USER = "vrooli" if os.geteuid() == 0 else None
"""PostgreSQL refuses to be run by root."""

NEVER = dict.fromkeys(("schedule", "incremental", "redis", "drill", "prune"), "never")

Counted = tuple[int, float]
"""Commits that were acknowledged, and seconds."""


def main() -> None:
    """Measure and print."""
    parser(__doc__).parse_args()
    random.seed(SEED)
    moments = [random.uniform(2.0, 6.0) for _ in range(ROUNDS)]
    say(f"kill -9 and loss of the data folder, {ROUNDS} times after 2 to 6 s\n{machine()}")
    peers: dict[str, Callable[[Sequence[float]], list[tuple[int, float]]]] = {
        "nightly pg_basebackup": lambda at: _plain(at, archive=False),
        "archive_timeout 2 s": lambda at: _plain(at, archive=True),
        "ours": lambda at: _ours(at, synchronous=False),
        "ours, synchronous": lambda at: _ours(at, synchronous=True),
    }
    rates = {}
    for name, measure in peers.items():
        found = measure(moments)
        lost = [count for count, _ in found]
        rates[name] = median(rate for _, rate in found)
        say(f"  {name}: lost {lost} acknowledged commits; {rates[name]:.0f} commits/s")
    for name in list(peers)[1:]:
        ratio = rates[name] / rates["nightly pg_basebackup"]
        say(f"  ratio: commits/s, {name} / without: {ratio:.2f}")


def _ours(moments: Sequence[float], *, synchronous: bool) -> list[tuple[int, float]]:
    stack = LiveStack()
    try:
        stack.resource("postgres", "postgres", health={"interval": 0.5})
        keys = {**NEVER, "system": False, "synchronous": synchronous}
        stack._sections["backup"] = section("backup", keys)
        stack.write()
        stack.up()
        sql(stack, "CREATE TABLE seen (n int)", "SELECT 1")
        return [_round(stack, at, synchronous) for at in moments]
    finally:
        stack.down()
        shutil.rmtree(stack.folder, ignore_errors=True)


def _round(stack: LiveStack, seconds: float, synchronous: bool) -> tuple[int, float]:
    ended = stack.run("backup", "run", "--no-verify")
    assert ended.returncode == 0, said(ended)
    if synchronous:
        stack.until(lambda: sql(stack, "SHOW synchronous_standby_names") == "vrooli_wal", "waits")
    sql(stack, "TRUNCATE seen", "SELECT 1")
    note = stack.home / "data" / "postgres.clusters.json"
    name = json.loads(note.read_text(encoding="utf-8"))["current"] if note.exists() else "postgres"
    secret = stack.home / "secrets" / "postgres-vrooli"
    target = {
        "port": stack.ports["postgres"],
        "user": "vrooli",
        "password": secret.read_text(encoding="ascii").strip(),
        "database": "vrooli",
    }
    data, pid = stack.home / "data" / str(name), stack.pid("postgres")
    count, took = asyncio.run(_load(target, seconds, lambda: _lose(pid, data)))
    ended = stack.run("restore", "--yes")
    assert ended.returncode == 0, said(ended)
    return _lost(count, sql(stack, "SELECT array_agg(n ORDER BY n) FROM seen")), count / took


def _plain(moments: Sequence[float], *, archive: bool) -> list[tuple[int, float]]:
    return [_plain_round(at, archive) for at in moments]


def _plain_round(seconds: float, archive: bool) -> tuple[int, float]:
    folder = Path(tempfile.mkdtemp(prefix="rpo-", dir="/tmp"))
    folder.chmod(0o777)
    try:
        one = _Plain(folder, archive=archive)
        one.make()
        one.start(one.data)
        asyncio.run(one.ask("CREATE TABLE seen (n int)"))
        one.program(
            "pg_basebackup", "-D", str(one.base), *one.reach(), "-X", "stream", "-c", "fast"
        )
        target = {"port": one.port, "user": "postgres", "database": "postgres"}
        pid = int((one.data / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
        count, took = asyncio.run(_load(target, seconds, lambda: _lose(pid, one.data)))
        one.recover()
        rows = asyncio.run(one.ask("SELECT array_agg(n ORDER BY n) FROM seen"))
        one.program("pg_ctl", "-D", str(one.base), "-m", "immediate", "stop")
        return _lost(count, rows), count / took
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Plain:
    """A PostgreSQL as the manual has it."""

    def __init__(self, folder: Path, *, archive: bool) -> None:
        self.data, self.base, self.archive = folder / "data", folder / "base", folder / "archive"
        self.port, self._archives, self._folder = free_port(), archive, folder

    def make(self) -> None:
        """With the settings that ours has, as far as they bear on commits."""
        self.program("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-k")
        self.program("mkdir", str(self.archive), of=Path("/bin"))
        lines = [f"port = {self.port}", f"unix_socket_directories = '{self._folder}'"]
        if self._archives:
            lines += ["archive_mode = on", "archive_timeout = 2"]
            lines += [f"archive_command = 'cp %p {self.archive}/%f'"]
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("\n".join([*lines, ""]))

    def start(self, data: Path) -> None:
        """Until it answers."""
        log = str(self._folder / "log")
        self.program("pg_ctl", "-D", str(data), "-l", log, "-w", "-t", "120", "start")

    def recover(self) -> None:
        """On the copy, by what was archived."""
        for left in self._folder.glob(".s.PGSQL.*"):  # of who was killed, and may be a zombie yet
            left.unlink()
        if self._archives:
            (self.base / "recovery.signal").touch()
            with (self.base / "postgresql.conf").open("a", encoding="utf-8") as file:
                file.write(f"restore_command = 'cp {self.archive}/%f %p'\n")
        self.start(self.base)
        while asyncio.run(self.ask("SELECT pg_is_in_recovery()")):
            time.sleep(0.1)

    def reach(self) -> tuple[str, ...]:
        """Options by which programs find it."""
        return ("-h", str(self._folder), "-p", str(self.port), "-U", "postgres")

    async def ask(self, statement: str) -> Any:
        """The first value."""
        connection = await asyncpg.connect(
            host="127.0.0.1", port=self.port, user="postgres", database="postgres", ssl=False
        )
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    def program(self, name: str, *arguments: str, of: Path = NEWER) -> None:
        """To its end."""
        subprocess.run(
            [str(of / name), *arguments],
            check=True,
            user=USER,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C", "PATH": "/bin"},
        )


async def _load(target: dict[str, Any], seconds: float, lose: Callable[[], None]) -> Counted:
    """Commit one row after the other until the server is lost."""
    connection = await asyncpg.connect(host="127.0.0.1", ssl=False, **target)
    begun, count = time.monotonic(), 0

    def later() -> None:
        time.sleep(seconds)
        lose()

    loss = asyncio.ensure_future(asyncio.to_thread(later))
    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        while True:
            await connection.execute("INSERT INTO seen VALUES ($1)", count + 1)
            count += 1
    took = time.monotonic() - begun
    await loss
    return count, took


def _lose(pid: int, data: Path) -> None:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    for number in (pid, *map(int, children)):
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    for _ in range(2):
        shutil.rmtree(data, ignore_errors=True)


def _lost(acknowledged: int, rows: list[int] | None) -> int:
    """One that was not acknowledged may be there."""
    there = rows or []
    assert there == list(range(1, len(there) + 1)), "there is a hole in it"
    return max(0, acknowledged - len(there))


if __name__ == "__main__":
    main()
