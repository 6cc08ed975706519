"""A temporary home with a real keeper, and nothing left of it afterwards."""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from vrooli.core.home import Home
from vrooli.core.identity import Identity
from vrooli.core.launch import Exit, Launch, LaunchSpec
from vrooli.host.keeper import proc
from vrooli.host.keeper.main import home_id
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.start_keeper import end_hung_keeper, keeper_identity, start_keeper

PATIENCE = 30.0  # seconds; only a broken test waits so long


class KeeperHome:
    """A home below a short path (sockets), its keeper, and every process that was started in it."""

    def __init__(self, root: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="vk-"))
        self.home = Home(root or self.folder / "home", self.folder / "run")
        self.clients: list[KeeperClient] = []

    async def start(self) -> KeeperClient:
        """Start the keeper, or find the one that runs."""
        self.home.root.mkdir(exist_ok=True)
        client = await start_keeper(self.home)
        self.clients.append(client)
        return client

    async def connect(self) -> KeeperClient:
        """One more connection."""
        client = await KeeperClient.connect(self.home.keeper_socket)
        self.clients.append(client)
        return client

    def keeper(self) -> Identity:
        """Who keeps this home."""
        identity = keeper_identity(self.home)
        assert identity is not None
        return identity

    def kill_keeper(self) -> None:
        """As the out-of-memory killer would; returns when it is gone."""
        identity = self.keeper()
        os.kill(identity.pid, signal.SIGKILL)
        waiting(lambda: keeper_identity(self.home) is None)

    def spec(self, *argv: str, service: str = "svc", **more: object) -> LaunchSpec:
        """A process with a small environment whose output goes to `log(service)`."""
        fields: dict[str, object] = {
            "service": service,
            "argv": argv,
            "cwd": "/",
            "env": {"PATH": "/usr/bin:/bin"},
            "log_path": str(self.log(service)),
        }
        return LaunchSpec(**{**fields, **more})  # type: ignore[arg-type]

    def shell(self, script: str, **more: object) -> LaunchSpec:
        """The same for a script of /bin/sh."""
        return self.spec("/bin/sh", "-c", script, **more)  # type: ignore[arg-type]

    def python(self, script: str, *arguments: str, **more: object) -> LaunchSpec:
        """The same for Python code."""
        argv = (sys.executable, "-I", "-S", "-c", script, *arguments)
        return self.spec(*argv, **more)  # type: ignore[arg-type]

    def log(self, service: str = "svc") -> Path:
        """Where a service of `spec` writes."""
        return self.folder / f"{service}.log"

    def said(self, service: str = "svc") -> str:
        """What it has written."""
        path = self.log(service)
        return path.read_text(encoding="utf-8") if path.exists() else ""

    async def until_said(self, text: str, service: str = "svc") -> None:
        """Wait until it has written this."""
        await until(lambda: text in self.said(service))

    async def close(self) -> None:
        """End everything that was started here: by the marker that all of it carries."""
        for client in self.clients:
            await client.close()
        await end_hung_keeper(self.home)
        marker = f"{home_id(str(self.home.root))}:".encode()
        for _ in range(100):
            left = [stat for stat in proc.all_stats().values() if _marked(stat, marker)]
            for stat in left:
                proc.send(stat.pid, stat.start_ticks, signal.SIGKILL)
            if not left:
                break
            await asyncio.sleep(0.02)
        shutil.rmtree(self.folder)


def _marked(stat: proc.Stat, marker: bytes) -> bool:
    if not stat.alive:
        return False
    try:
        environment = Path(f"/proc/{stat.pid}/environ").read_bytes()
    except OSError:
        return False
    return b"VROOLI_LAUNCH=" + marker in environment


def waiting(condition: Callable[[], bool]) -> None:
    """Block until `condition` holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - the condition belongs to other processes
            await asyncio.sleep(0.005)


async def next_exit(client: KeeperClient, launch: Launch) -> Exit:
    """How this launch ended, waiting for it."""
    async with asyncio.timeout(PATIENCE):
        async for ended in client.exits():
            if ended.launch.launch_id == launch.launch_id:
                return ended
    raise AssertionError("the stream of exits ended")


def alive(identity: Identity) -> bool:
    """Whether exactly this process runs."""
    stat = proc.read_stat(identity.pid)
    return stat is not None and stat.start_ticks == identity.start_ticks and stat.alive


def environment_of(pid: int) -> dict[str, str]:
    """With what a process was started."""
    items = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(item.split("=", 1) for item in items if item)
