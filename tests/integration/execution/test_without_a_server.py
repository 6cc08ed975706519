"""A run on one SQLite file: what recovery and playbooks need when nothing else is alive."""

import asyncio
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.support.flow import routine
from tests.support.waiting import wait_for
from vrooli.flow.driver import Driver, End
from vrooli.flow.entries import Finished
from vrooli.flow.interpreter import Call, Done
from vrooli.flow.model import Routine
from vrooli.host.clock import SystemClock
from vrooli.host.sqlite_journal import SqliteJournals

ROOT = Path(__file__).parents[3]
TURNS, LANES = 10, 3


class Told:
    """Executes steps, and tells of each in a file before it does."""

    def __init__(self, effects: Path) -> None:
        self._effects = effects

    def repeatable(self, call: Call) -> bool:
        return call.node.type == "ask"

    def lasting(self, call: Call) -> bool:
        return False

    async def execute(self, call: Call, begun: float) -> Finished:
        with self._effects.open("a", encoding="ascii") as file:
            file.write(f"{call.path}\n")
        await asyncio.sleep(0.01)
        return Finished(call.path, call.attempt, call.node.type, call.path)


def lanes(kind: str) -> Routine:
    """Some beside each other, again and again."""
    beside = [[{"step": f"s{number}", kind: {}}] for number in range(LANES)]
    again = {"loop": "l", "while": f"turn < {TURNS}", "limit": TURNS, "do": [{"parallel": beside}]}
    return routine(again)


async def drive(folder: Path, kind: str) -> End:
    journals = SqliteJournals(folder / "journal.sqlite")
    journal = await journals.claim("run")
    try:
        steps = Told(folder / "effects")
        return await Driver(lanes(kind), {}, journal, steps, SystemClock()).run()
    finally:
        await journals.close()


def drive_and_kill(folder: Path, kind: str, after: int) -> None:
    """In a process of its own, killed as soon as so many steps were begun in all."""
    code = (
        "import asyncio, pathlib, sys; from tests.integration.execution import"
        " test_without_a_server as here;"
        " asyncio.run(here.drive(pathlib.Path(sys.argv[1]), sys.argv[2]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(folder), kind], cwd=ROOT)
    try:
        wait_for(lambda: sum(begun(folder).values()) >= after, f"{after} steps were begun")
    finally:
        process.kill()
        process.wait()


def begun(folder: Path) -> Counter[str]:
    file = folder / "effects"
    return Counter(file.read_text(encoding="ascii").split() if file.exists() else [])


async def ended(folder: Path) -> set[str]:
    journals = SqliteJournals(folder / "journal.sqlite")
    entries = await (await journals.claim("run")).read()
    await journals.close()
    return {one.path for one in entries if isinstance(one, Finished) and one.failure is None}


async def test_killed_again_and_again_it_comes_to_its_end(tmp_path: Path) -> None:
    for after in (4, 11, 19):
        before, done = begun(tmp_path), await ended(tmp_path)
        await asyncio.to_thread(drive_and_kill, tmp_path, "ask", after)
        assert not [path for path in done if begun(tmp_path)[path] > before[path]]
    assert await drive(tmp_path, "ask") == Done([f"l[{TURNS - 1}].s{n}" for n in range(LANES)])
    assert len(begun(tmp_path)) == TURNS * LANES


async def test_what_must_not_be_repeated_is_not(tmp_path: Path) -> None:
    await asyncio.to_thread(drive_and_kill, tmp_path, "do", 7)
    await drive(tmp_path, "do")
    assert max(begun(tmp_path).values()) == 1
