"""A home, a keeper and what a kind needs, on the real machine."""

import contextlib
import dataclasses
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from signal import SIGKILL, Signals
from typing import Any

from tests.support.ports import free_port
from vrooli.core.home import Home
from vrooli.core.launch import Launch, LaunchSpec
from vrooli.core.machine import Machine
from vrooli.core.result import Result
from vrooli.host.accounts import ensure_service_user
from vrooli.host.clock import SystemClock
from vrooli.host.execute import LocalExecutor
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.start_keeper import start_keeper
from vrooli.host.streams import AsyncioStreams
from vrooli.stack.kind import Kind, Place, ProbeTools
from vrooli.stack.kinds import kind_of
from vrooli.stack.model import Health, Service
from vrooli.stack.probe import probe

USER = "vrooli"
PATH = "/usr/local/bin:/usr/bin:/bin"


class Vault:
    """Secrets in memory."""

    def __init__(self, **known: str) -> None:
        self.known = dict(known)

    def resolve(self, reference: str) -> str:
        """The value that the test put there."""
        return self.known[reference]

    def create(self, name: str) -> str:
        """Random, and the same again."""
        return self.known.setdefault(name, secrets.token_urlsafe(24))


def machine(root: bool | None = None) -> Machine:
    """This one, said to be of modest size."""
    as_root = os.geteuid() == 0 if root is None else root
    return Machine(
        host_id="test",
        boot_id="boot",
        memory_bytes=2 << 30,
        cpus=2,
        root=as_root,
        service_user=USER if as_root else None,
        python="python3",
        code=(),
    )


def place(root: Path, *, as_root: bool | None = None) -> Place:
    """A home below `root`."""
    return Place(Home(root / "home", root / "run"), machine(as_root), Vault())


def resource(kind: str, **values: Any) -> Service:
    """A resource on a free port, called as its kind."""
    health = Health(type="kind", interval=5.0, timeout=4.5)
    defaults: dict[str, Any] = {"name": kind, "group": kind, "port": free_port(), "health": health}
    return Service(role="resource", kind=kind, **(defaults | values))


@dataclasses.dataclass
class Bench:
    """Where a real resource is prepared, started, looked at and killed."""

    tools: ProbeTools
    keeper: KeeperClient
    executor: LocalExecutor
    launches: dict[str, Launch] = dataclasses.field(default_factory=dict)

    @property
    def place(self) -> Place:
        """Its place."""
        return self.tools.place

    async def prepare(self, service: Service) -> list[str]:
        """Carry out the kind's commands; the titles of the long ones."""
        titles: list[str] = []
        await self.executor.run(kind_of(service).prepare(service, self.place), titles.append)
        return titles

    async def start(self, service: Service) -> Launch:
        """Start it, without waiting for anything."""
        kind: Kind = kind_of(service)
        program = kind.program(service, self.place)
        user = self.place.user_of(service)
        spec = LaunchSpec(
            service=service.name,
            argv=program.argv,
            cwd=program.cwd,
            env={"PATH": PATH, "PORT": str(service.port), **program.env},
            log_path=str(self.place.home.log(service.name)),
            user=user,
            expose=(program.cwd, *program.expose) if user else (),
        )
        launch = self.launches[service.name] = await self.keeper.spawn(spec)
        return launch

    async def look(self, service: Service) -> Result:
        """One probe."""
        return await probe(service, self.tools)

    async def until(self, service: Service, healthy: bool = True, seconds: int = 60) -> Result:
        """Look until it is healthy (or is not any more)."""
        clock = self.tools.clock
        deadline = clock.monotonic() + seconds
        while (result := await self.look(service)).healthy is not healthy:
            assert clock.monotonic() < deadline, f"{result}\n{self.log(service)}"
            await clock.sleep(0.02)
        return result

    async def up(self, service: Service) -> Result:
        """Prepare, start, wait."""
        await self.prepare(service)
        await self.start(service)
        return await self.until(service)

    async def signal(self, service: Service, number: Signals, *, tree: bool = False) -> None:
        """Signal its process."""
        await self.keeper.signal(self.launches[service.name].launch_id, number, tree=tree)

    async def ended(self, service: Service) -> None:
        """Wait until it and all that it started are gone."""
        launch = self.launches[service.name].launch_id
        deadline = self.tools.clock.monotonic() + 60
        while await self._alive(launch):
            assert self.tools.clock.monotonic() < deadline, self.log(service)
            await self.tools.clock.sleep(0.02)

    async def _alive(self, launch_id: str) -> bool:
        alive = any(item.launch_id == launch_id for item in await self.keeper.launches())
        return alive or bool(await self.keeper.survivors(launch_id))

    def log(self, service: Service) -> str:
        """What it wrote."""
        path = self.place.home.log(service.name)
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


@contextlib.asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    """A real keeper in a home of its own; gone with all that it started afterwards."""
    root = Path(tempfile.mkdtemp(prefix="vrooli-"))
    if os.geteuid() == 0:
        ensure_service_user(USER)
    where = place(root)
    try:
        where.home.root.mkdir()
        keeper = await start_keeper(where.home)
        tools = ProbeTools(where, AsyncioStreams(), keeper, SystemClock())
        made = Bench(tools, keeper, LocalExecutor(keeper))
        try:
            yield made
        finally:
            try:
                await _end_all(made)
                await keeper.shutdown()
            finally:
                await keeper.close()
    finally:
        shutil.rmtree(root, ignore_errors=True)


async def _end_all(made: Bench) -> None:
    for launch in await made.keeper.launches():
        await made.keeper.signal(launch.launch_id, SIGKILL, tree=True)
    for name in made.launches:
        await made.ended(resource("command", name=name, port=0))
