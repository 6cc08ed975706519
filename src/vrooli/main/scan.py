"""What runs on this machine and is in no stack file yet."""

import asyncio
import json
import os
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import vrooli.stack.runtimes
from vrooli.core import discover
from vrooli.core.errors import UsageError
from vrooli.core.home import Home
from vrooli.core.identity import Identity
from vrooli.host.listeners import LocalListeners
from vrooli.host.processes import LocalProcesses
from vrooli.host.programs import LocalPrograms
from vrooli.host.readfiles import LocalFiles
from vrooli.host.start_keeper import keeper_identity
from vrooli.host.streams import AsyncioStreams
from vrooli.main.places import runtime_folder
from vrooli.stack.model import Stack
from vrooli.stack.scanning.known import known
from vrooli.stack.scanning.scan import Scanned, scan
from vrooli.stack.scanning.source import Tools, sources


def scanned(stack: Stack, text: str, home: Home, environment: Mapping[str, str]) -> Scanned:
    """Look, and leave out what `stack` has, whose file is `text`, and what we run ourselves."""
    tools = Tools(
        LocalFiles(),
        AsyncioStreams(),
        LocalPrograms({"XDG_RUNTIME_DIR": runtime_folder(environment), **environment}),
        LocalListeners().listening(set(_ours(home))),
        docker=stack.docker,
        user_units=_user_units(environment),
    )
    runtimes = discover.names(vrooli.stack.runtimes)
    there = known(stack, tomllib.loads(text))
    return asyncio.run(scan(tools, there, sources(), runtimes))


@contextmanager
def draft(path: Path, text: str) -> Iterator[Path]:
    """A file beside `path` with that text, so that relative paths in it mean the same; it goes."""
    try:
        descriptor, name = tempfile.mkstemp(".toml", ".vrooli-scan-", path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror}",
            where=str(path.parent),
            next_step="make that folder writable, or go to another one",
        ) from error
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _user_units(environment: Mapping[str, str]) -> str:
    """Where whoever is not root writes units: systemd.unit(5)."""
    if os.geteuid() == 0:
        return ""
    base = environment.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return f"{base}/systemd/user"


def _ours(home: Home) -> Iterator[int]:
    """Processes that we run: of this home, and of those beside it. They are watched already."""
    processes = LocalProcesses()
    for root in {home.root, *home.root.parent.glob("*/")}:
        other = Home(root, home.run)
        for identity in (keeper_identity(other), *_recorded(other.keeper_record)):
            if identity is not None and processes.facts(identity) is not None:
                yield identity.pid


def _recorded(record: Path) -> list[Identity]:
    """What a keeper started last."""
    try:
        launches = json.loads(record.read_bytes())["launches"]
        return [Identity.from_json(launch["identity"]) for launch in launches]
    except (OSError, ValueError, KeyError, TypeError):
        return []
