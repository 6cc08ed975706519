"""A backup that something happens to: its server hangs, it is interrupted, it is killed."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.leftovers import processes_of
from tests.support.older_postgres import sql
from tests.support.stack import LiveStack, said
from vrooli.backup.taking import Subject, Taker
from vrooli.core.errors import StartFailed
from vrooli.host.clock import SystemClock
from vrooli.host.outputs import LocalConnection, LocalOutputs
from vrooli.main.backup_place import BackupPlace, backings_of
from vrooli.main.places import find_home

SLOTS = "SELECT count(*) FROM pg_replication_slots"


@pytest.fixture
def filled(stack: LiveStack) -> LiveStack:
    """A stack with a database; its server may hang for a while."""
    stack.resource("postgres", "postgres", health={"interval": 0.5, "failures": 100, "over": 60})
    stack.write()
    stack.up()
    sql(stack, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n", "SELECT 1")
    return stack


def test_a_proof_under_way_outlasts_the_watchdog_and_a_killed_one_is_removed(
    filled: LiveStack,
) -> None:
    proof = filled.home / "data" / "postgres.proof"
    with filled.start("backup", "run", "--json") as run:
        filled.until(lambda: _servers(filled, proof), "a server runs for the proof")
        os.killpg(run.pid, signal.SIGSTOP)
        filled.kill("autoheal")
        filled.until_ok()
        assert _servers(filled, proof)
        os.killpg(run.pid, signal.SIGCONT)
        assert run.stdout is not None
        assert (run.wait(60), "verified" in run.stdout.read()) == (0, True)
    with filled.start("backup", "verify") as verify:
        filled.until(lambda: _servers(filled, proof), "a server runs for the proof")
        os.killpg(verify.pid, signal.SIGKILL)
    filled.kill("autoheal")
    filled.until(lambda: not proof.exists() and not _servers(filled, proof), "nothing is left")
    assert "was left by a command that was killed" in str(filled.ask("timeline"))


def test_who_interrupts_it_leaves_nothing(filled: LiveStack) -> None:
    proof = filled.home / "data" / "postgres.proof"
    lock = filled.home / "holds" / "backup.lock"
    phases: dict[str, Callable[[], object]] = {
        "take": lambda: lock.exists() and lock.read_text(encoding="ascii"),
        "fetch": proof.exists,
        "prove": lambda: _servers(filled, proof),
    }
    for name, reached in phases.items():
        with filled.start("backup", "run") as run:
            filled.until(reached, name)
            run.send_signal(signal.SIGINT)
            told = run.communicate(timeout=60)[0]
        assert (run.returncode, "Traceback" in told) == (130, False), told
        assert "interrupted" in told, told
        assert (proof.exists(), _servers(filled, proof)) == (False, []), name
        filled.until(lambda: sql(filled, SLOTS) == 0, "no slot is left", 10)
    ended = filled.run("backup", "run")
    assert ended.returncode == 0, said(ended)


def test_a_server_that_hangs_ends_it_and_leaves_no_slot(filled: LiveStack) -> None:
    wider = "INSERT INTO kept SELECT generate_series(1, 3000000)"
    sql(filled, wider, "CHECKPOINT", "SELECT 1", user="postgres")
    with pytest.raises(StartFailed, match="not a byte came for 1 s"):
        asyncio.run(_taken(filled))
    filled.until(lambda: sql(filled, SLOTS) == 0, "no slot is left", 10)


class _Hanging(LocalConnection):
    """Hangs its server when the copy has begun."""

    reads, home = 0, Path()

    def readinto(self, buffer: memoryview) -> int:
        """See the port."""
        self.reads += 1
        if self.reads == 20:
            for pid, line in processes_of(self.home).items():
                if "walsender" in line:
                    os.kill(pid, signal.SIGSTOP)
        return super().readinto(buffer)


class _Impatient(LocalOutputs):
    """Waits for a second."""

    def __init__(self, stack: LiveStack) -> None:
        self._home = stack.home

    def connect(self, path: str, stall: float) -> LocalConnection:
        """See the port."""
        connection = _Hanging(path, 1.0)
        connection.home = self._home
        connection.open()
        return connection


async def _taken(stack: LiveStack) -> None:
    environment = {**os.environ, "VROOLI_HOME": str(stack.home)}
    place = BackupPlace(find_home("test", environment), environment)
    async with place.context() as context:
        backing = backings_of(context)["postgres"]
        keys = place.keys()
        room, told = (lambda: 2**40), (lambda service, done, total: None)
        store = replace(place.store(), key=keys.mac)
        outputs = _Impatient(stack)
        taker = Taker(store, keys, outputs, SystemClock(), 1, room, False, told)
        about = ("test", "here", "0")
        try:
            await taker.take("20261128t000000z-000000", about, [Subject("postgres", backing)])
        finally:
            subprocess.run(["pkill", "-CONT", "-P", str(stack.pid("postgres"))], check=False)


def _servers(stack: LiveStack, folder: Path) -> list[int]:
    within = str(folder)
    return [pid for pid, line in processes_of(stack.home).items() if within in line]
