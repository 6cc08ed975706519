"""Services of systemd that are somebody's application: they listen, or their unit was written on
this machine.
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from vrooli.core.errors import ProtocolError, Unreachable
from vrooli.core.ports.listeners import Listener
from vrooli.stack.scanning.source import Source, Thing, Tools

_HERE = "/run/systemd/system"
"""There when systemd is process 1: sd_booted(3)."""

_LIST = ("list-units", "--type=service", "--state=running", "--output=json", "--no-pager")
_WRITTEN_HERE = "/etc/systemd/system"

_PLUMBING = ("systemd-", "dbus", "getty@", "serial-getty@", "user@", "init", "vrooli-", "docker.")
"""Of the distribution, or ours."""


async def _look(tools: Tools) -> Sequence[Thing]:
    if tools.files.facts(_HERE) is None:
        return ()
    try:
        whose = ("--user",) if tools.user_units else ()
        answer = await asyncio.to_thread(tools.programs.run, ["systemctl", *whose, *_LIST])
    except Unreachable:
        return ()
    if not answer.ok:
        raise ProtocolError(f"systemctl: {answer.said}", where="systemd")
    return things(json.loads(answer.out), tools.listeners, _written_here(tools))


def _written_here(tools: Tools) -> set[str]:
    """Units whose file is there, and not a link to one of a package (`systemctl enable`)."""
    folder = tools.user_units or _WRITTEN_HERE
    facts = {name: tools.files.facts(f"{folder}/{name}") for name in tools.files.names(folder)}
    return {name for name, fact in facts.items() if fact is not None and fact.kind == "file"}


def things(listed: Any, listeners: Sequence[Listener], written_here: set[str]) -> list[Thing]:
    """One for each unit of systemctl's answer that counts. Pure."""
    found = []
    for one in listed:
        unit = str(one["unit"])
        known = tuple(listener for listener in listeners if listener.unit == unit)
        if not unit.startswith(_PLUMBING) and (known or unit in written_here):
            about = f"unit {unit}: {one.get('description', '')}"
            found.append(Thing(unit.removesuffix(".service"), "systemd", unit, known, about))
    return found


SOURCE = Source("systemd", "services of systemd that listen, or were written here", 20, _look)
