"""What the benchmarks share: services to kill, and ways to see how soon they are back."""

import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.ports import free_port

SERVICE = Path(__file__).with_name("_service.py")
PATIENCE = 90.0
"""Seconds after which a service counts as never coming back."""

POLL = 0.002


@dataclass
class Victim:
    """One service.

    Attributes:
        name: unique in its lab.
        folder: holds its notes, its pid file and the files that steer it.
        port: where it listens.
        delay: seconds that it takes to start.
        needed: whether it crashes at once while `<name>.go` is missing.
        needs: another one; it answers 503 while that does not answer.
        crashes: whether it crashes instead.
    """

    name: str
    folder: Path
    port: int
    delay: float = 0.0
    needed: bool = False
    needs: "Victim | None" = None
    crashes: bool = False

    @property
    def notes(self) -> Path:
        """One line a start: monotonic seconds at the first line of its program, and its pid."""
        return self.folder / f"{self.name}.notes"

    @property
    def pid_file(self) -> Path:
        """For those who want one."""
        return self.folder / f"{self.name}.pid"

    @property
    def go(self) -> Path:
        """Without it a `needed` one crashes."""
        return self.folder / f"{self.name}.go"

    @property
    def mute(self) -> Path:
        """While it is there, the service accepts and never answers."""
        return self.folder / f"{self.name}.mute"

    @property
    def argv(self) -> list[str]:
        """Its command."""
        steering = [str(self.pid_file), str(self.go) if self.needed else "", str(self.mute)]
        if self.needs is not None:
            steering += [str(self.needs.port), "crash" if self.crashes else ""]
        arguments = [str(self.notes), str(self.port), str(self.delay), *steering]
        return [sys.executable, "-S", "-E", str(SERVICE), *arguments]

    def starts(self) -> list[tuple[float, int]]:
        """When each of its processes began (monotonic seconds), and its pid."""
        if not self.notes.exists():
            return []
        lines = self.notes.read_text(encoding="ascii").splitlines()
        return [(float(at), int(pid)) for at, pid in (line.split() for line in lines)]

    def answers(self, seconds: float = 0.5) -> bool:
        """Whether it answers HTTP."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), seconds) as connection:
                connection.settimeout(seconds)
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                return connection.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def kill(self, number: int = signal.SIGKILL) -> float:
        """Signal its newest process; the monotonic second."""
        pid = self.starts()[-1][1]
        at = time.monotonic()
        os.kill(pid, number)
        return at

    def back(self, killed: float) -> tuple[float, float] | None:
        """Seconds from `killed` to the first line of its next process, and to its first answer."""
        if wait(lambda: self.starts()[-1][0] > killed, PATIENCE) is None:
            return None
        began = self.starts()[-1][0] - killed
        if wait(self.answers, PATIENCE) is None:
            return None
        return began, time.monotonic() - killed


@dataclass
class Lab:
    """A folder with victims, and listeners that accept and never answer."""

    folder: Path
    victims: list[Victim] = field(default_factory=list)

    def add(self, count: int, delay: float = 0.0, *, needed: bool = False) -> None:
        """More victims."""
        for _ in range(count):
            name = f"v{len(self.victims)}"
            self.victims.append(Victim(name, self.folder, free_port(), delay, needed))

    def add_family(self, children: int, *, crashes: bool) -> None:
        """One that can be kept from starting, and others that need it."""
        self.add(1, needed=True)
        parent = self.victims[-1]
        parent.go.touch()
        self.add(children)
        for child in self.victims[-children:]:
            child.needs, child.crashes = parent, crashes

    def all_answer(self) -> None:
        """Wait until every victim answers."""
        for victim in self.victims:
            assert wait(victim.answers, PATIENCE) is not None, f"{victim.name} never answered"


@contextmanager
def lab() -> Iterator[Lab]:
    """A lab that is gone afterwards, with every process that still runs its service."""
    folder = Path(tempfile.mkdtemp(prefix="vb-", dir="/tmp"))
    folder.chmod(0o777)
    made = Lab(folder)
    try:
        yield made
    finally:
        for victim in made.victims:
            for _, pid in victim.starts():
                if _runs(pid, victim):
                    os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def silent_listener() -> Iterator[int]:
    """A port that accepts and never answers."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(512)
    held: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                held.append(listener.accept()[0])
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in held:
            connection.close()


def wait(condition: Callable[[], object], seconds: float) -> float | None:
    """Seconds until `condition` is true; None when it never is."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            return None
        time.sleep(POLL)
    return time.monotonic() - began


def rounds(victims: Sequence[Victim], kills: int, seed: int = 1) -> Iterator[Victim]:
    """Victims in random order, each as often as the others, at moments that no poll can guess."""
    chance = random.Random(seed)
    order = [victim for _ in range(-(-kills // len(victims))) for victim in victims][:kills]
    for victim in order:
        time.sleep(chance.uniform(0.02, 0.3))
        yield victim


def _runs(pid: int, victim: Victim) -> bool:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return str(victim.notes).encode() in line
