"""One look of a check at a machine of the test's making."""

import asyncio
import inspect
import json
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from tests.support.backups import backed_up, recorded
from tests.support.kinds import machine
from vrooli.autoheal.beats import Beat
from vrooli.autoheal.check import Check, Facts, Look
from vrooli.autoheal.hostchecks import failed_look
from vrooli.autoheal.probing import host_port
from vrooli.autoheal.protection import Sight, judge
from vrooli.autoheal.service_manager import Seen, Unit
from vrooli.core.address import UnixPath
from vrooli.core.errors import VrooliError
from vrooli.core.home import Home
from vrooli.core.ports.bus import Call, Reply
from vrooli.core.ports.streams import Streams
from vrooli.core.ports.system import ClockSync, DiskFacts, MemoryFacts
from vrooli.core.result import Result
from vrooli.core.status import Status
from vrooli.host.memory.bus import MemoryBus
from vrooli.host.memory.clock import MemoryClock
from vrooli.host.memory.files import MemoryFiles
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.host.memory.processes import MemoryProcesses
from vrooli.host.memory.resolver import MemoryResolver
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.host.memory.streams import MemoryStream, MemoryStreams
from vrooli.host.memory.system import MemorySystem
from vrooli.host.streams import AsyncioStreams
from vrooli.stack.backup_settings import BackupSettings
from vrooli.stack.kind import Place, ProbeTools
from vrooli.stack.model import Role, Service, Stack, Thresholds

HOME = "/home-of-the-stack"
SERVICE = Service("peer", "peer", "scenario", "scenario", port=4000)
WALL = 1_795_000_000.0  # 2026-11-18


def look(check: Check, case: Mapping[str, Any], folder: Path) -> Result:
    """The result of `check` on the machine that `case` describes.

    Keys, all optional: `files` (path -> content), `modified` (path -> seconds ago), `disk`,
    `disks` (by path), `memory` (fields of the facts), `load`, `lag`, `names` (name -> addresses),
    `options`,
    `sync` (synchronised, seconds off), `beats` (name -> seconds ago and failure), `warning` and
    `critical`, `before` (details of the look before), `was` (its status), `cpus`, `peers` (address
    -> what each connection to it is answered, as Latin-1), `protection` (fields of a `Sight`),
    `ping_trouble`, `units` (of services of the stack), `receivers` (of WAL, by resource), `server`
    (port of the stack's server),
    `hosts` (that post to it: name, seconds ago added and seen; `revoked`, `unheard`), `bus` (method
    -> what it returns, or the error that it answers; null: there is no bus), `mounts` (folder ->
    number of its file system), `backup` (keys of the section of a stack with a PostgreSQL, see
    `support.backups`), `points`, `failures`, `drills` (of its record). `HOME` in paths is the
    home.
    """
    limits = check.thresholds
    if limits is not None and ("warning" in case or "critical" in case):
        limits = Thresholds(
            case.get("warning", limits.warning), case.get("critical", limits.critical)
        )
    before = case.get("before")
    found = Look(
        facts=facts_of(case, folder),
        id=case.get("id", check.id),
        limits=limits,
        options=check.options(**case.get("options", {})),
        service=SERVICE,
        before=before and Result(Status(case.get("was", "ok")), "", details=before),
    )
    try:
        if inspect.iscoroutinefunction(check.run):
            return asyncio.run(cast(Coroutine[Any, Any, Result], check.run(found)))
        return cast(Callable[[Look], Result], check.run)(found)
    except VrooliError as error:
        return failed_look(check, error)


def _streams(case: Mapping[str, Any]) -> Streams:
    if "peers" not in case and "hosts" not in case:
        return AsyncioStreams()
    streams = MemoryStreams()
    told = {f"127.0.0.1:{case['server']}": [hosts_told(case["hosts"])]} if "hosts" in case else {}
    for address, answers in {**case.get("peers", {}), **told}.items():
        left = list(answers)

        async def play(stream: MemoryStream, left: list[str] = left) -> None:
            await stream.read(65536)
            await stream.write(left.pop(0).encode("latin-1"))

        kind, _, path = address.partition(":")
        streams.serve(UnixPath(path) if kind == "unix" else host_port(address), play)
    return streams


def hosts_told(hosts: Iterable[Sequence[Any]]) -> str:
    """The answer of a server to which these post."""
    listed = []
    for name, added, seen, *more in hosts:
        host = {"name": name, "created_at": WALL - added, "silent": added if seen is None else seen}
        host["last_seen"] = None if seen is None else WALL - seen
        host |= {"unheard": "unheard" in more, "revoked_at": WALL if "revoked" in more else None}
        listed.append({**host, "status": "ok"})
    body = json.dumps({"hosts": listed})
    return f"HTTP/1.1 200 X\r\nContent-Length: {len(body)}\r\n\r\n{body}"


def facts_of(case: Mapping[str, Any], folder: Path) -> Facts:
    """The machine of a case."""
    clock = MemoryClock(wall=WALL)
    system = MemorySystem(loads=tuple(case.get("load", (0.1, 0.1, 0.1))))
    if "disk" in case:
        system.ordinary = DiskFacts(**case["disk"])
    for path, facts in case.get("disks", {}).items():
        system.disks[path] = DiskFacts(**facts)
    if "memory" in case:
        system.memory_facts = MemoryFacts(**case["memory"])
    if "sync" in case:
        system.sync = ClockSync(*case["sync"])
    ages = case.get("modified", {})
    home = Home(folder / "home", folder / "run")
    files = MemoryFiles(
        {path.replace("HOME", str(home.root)): text for path, text in case.get("files", {}).items()}
        | recorded(case, home, clock.wall()),
        modified={path: clock.wall() - age for path, age in ages.items()},
        unreadable=frozenset(case.get("unreadable", ())),
        mounts=case.get("mounts"),
        dead=frozenset(case.get("dead", ())),
    )
    place = Place(home, machine(root=False), MemorySecrets())
    return Facts(
        system=system,
        files=files,
        processes=MemoryProcesses(),
        resolver=MemoryResolver(case.get("names")),
        bus=_bus(case.get("bus")),
        tools=ProbeTools(place, _streams(case), MemoryKeeper(clock), clock),
        stack=Stack(
            "test",
            _services(case) | backed_up(case),
            backup=BackupSettings.from_json(case.get("backup", {})),
        ),
        home=HOME,
        cpus=case.get("cpus", 2),
        loop_lag=case.get("lag", 0.0),
        beats={
            name: Beat(clock.wall() - ago, bool(says), says)
            for name, (ago, says) in case.get("beats", {}).items()
        },
        protection=lambda: judge(_sight(case.get("protection"))),
        ping_trouble=case.get("ping_trouble", ""),
    )


def _services(case: Mapping[str, Any]) -> dict[str, Service]:
    made = _units(case.get("units", ())) | _server(case.get("server"))
    wal: Role = "scenario"
    receivers = (f"wal-{name}" for name in case.get("receivers", ()))
    return made | {name: Service(name, name, wal, "wal") for name in receivers}


def _units(names: Iterable[str]) -> dict[str, Service]:
    scenario: Role = "scenario"
    return {x: Service(x, x, scenario, "scenario", runtime="systemd", held=x) for x in names}


def _server(port: int | None) -> dict[str, Service]:
    return (
        {}
        if port is None
        else {"server": Service("server", "server", "scenario", "server", port=port)}
    )


def _bus(answers: Mapping[str, Any] | None) -> MemoryBus:
    """What it returns is one value; a text is an error."""

    def method(answer: Any) -> Callable[[Call], Reply]:
        failed = isinstance(answer, str)
        reply = Reply(error=answer, said="it cannot") if failed else Reply((answer,))
        return lambda _: reply

    methods = {name: method(answer) for name, answer in (answers or {}).items()}
    return MemoryBus(methods, there=answers is not None)


def _sight(fields: Mapping[str, Any] | None) -> Sight:
    """A machine with systemd, on which nothing is installed, or what the case says; no `fields`
    are a machine without a service manager.
    """
    unit = Unit("vrooli-shop", "root", 0, "/root", system=True)
    if fields is None:
        return Sight("", unit)
    seen = Seen(**fields.get("seen", {}))
    return Sight(**{"manager": "systemd", "unit": unit, **fields, "seen": seen})
