"""Looking at what the operating system would do with a home at boot."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vrooli.autoheal.protection import Protection, Sight, judge
from vrooli.autoheal.service_manager import Contents, Seen, ServiceManager, Unit
from vrooli.autoheal.survival import assigned, unresolved
from vrooli.core.errors import ConfigError, VrooliError
from vrooli.core.home import Home
from vrooli.core.launch import Launch
from vrooli.core.ports.programs import Answer, Programs
from vrooli.host.keeper.installation import installation
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.start_keeper import keeper_identity
from vrooli.main.unit import contents_of, running_manager, unit_of
from vrooli.main.unit_record import read_record
from vrooli.stack.compiled import read_compiled
from vrooli.stack.model import Stack


def protection(
    home: Home,
    environment: Mapping[str, str],
    using: Programs,
    last_boot: Mapping[str, Any] | None = None,
) -> Protection:
    """How it is. Blocks for as long as the service manager takes to answer.

    Args:
        home: of the stack.
        environment: of this process; what the unit has is compared with what it was installed with.
        using: asks the service manager.
        last_boot: how the latest boot went.
    """
    manager, unit = running_manager(), unit_of(home)
    if manager is None:
        return judge(Sight("", unit, last_boot=last_boot))
    record = read_record(home.unit_json)
    stack = _compiled(home)
    contents = None
    if stack is not None:
        contents = contents_of(home, stack, record.environment if record else environment)
    seen = see(manager, unit, using)
    keeper, launches = _keeper(home)
    identity = keeper_identity(home)
    sight = Sight(
        manager=manager.name,
        unit=unit,
        files=_compared(manager, unit, contents),
        installed_here=record is not None,
        seen=seen,
        keeper_pid=identity.pid if identity is not None else 0,
        keeper_runs=str(keeper.get("installation", "")),
        installation=installation(),
        unresolved=_lost(stack, contents, seen),
        outside=_outside(launches, manager.group(unit)) if seen.active else (),
        last_boot=last_boot,
    )
    return judge(sight)


def see(manager: ServiceManager, unit: Unit, using: Programs) -> Seen:
    """What the service manager says now."""
    answers: list[Answer] = []
    for question in manager.questions(unit):
        try:
            answers.append(using.run(question))
        except VrooliError as error:
            answers.append(Answer(-1, err=error.what))
    return manager.read(unit, answers)


def _compiled(home: Home) -> Stack | None:
    try:
        return read_compiled(home.stack_json)
    except ConfigError:
        return None


def _compared(
    manager: ServiceManager, unit: Unit, contents: Contents | None
) -> dict[str, bool | None]:
    """Whether each file of the unit is as it would be written now; None for a missing one."""
    if contents is None:
        path = manager.marks(unit)[0]
        return {path: False if Path(path).exists() else None}
    found: dict[str, bool | None] = {}
    for file in manager.files(unit, contents):
        content = content_of(file.path)
        found[file.path] = None if content is None else content == file.content
    return found


def content_of(path: str) -> bytes | None:
    """The content of a file; None when it is not there."""
    try:
        return Path(path).read_bytes()
    except OSError:
        return None


def _lost(stack: Stack | None, contents: Contents | None, seen: Seen) -> tuple[str, ...]:
    if stack is None or contents is None:
        return ()
    texts = (content_of(path) or b"" for path in seen.environment_files)
    files = (assigned(text.decode("utf-8", "replace")) for text in texts)
    return unresolved(stack, set(contents.environment).union(seen.names, *files))


def _keeper(home: Home) -> tuple[dict[str, Any], list[Launch]]:
    """What the keeper says about itself, and what it has started; nothing when none answers."""

    async def ask() -> tuple[dict[str, Any], list[Launch]]:
        async with await KeeperClient.connect(home.keeper_socket) as keeper:
            return await keeper.ping(), list(await keeper.launches())

    try:
        return asyncio.run(ask())
    except VrooliError:
        return {}, []


def _outside(launches: list[Launch], mark: str) -> tuple[str, ...]:
    """Services that are not in the control group of the unit."""
    if not mark:
        return ()
    return tuple(sorted(x.service for x in launches if not belongs(x.identity.pid, mark)))


def belongs(pid: int, mark: str) -> bool:
    """Whether a process is in that control group; one that has ended is in none and counts."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return True
    return any(line.endswith(mark) or f"{mark}/" in line for line in lines)
