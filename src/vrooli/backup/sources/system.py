"""What a stack is made of besides data: its file, its secrets, certificates that it names, its
unit, and which programs there were. With it a home is built anew elsewhere.
"""

import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vrooli.backup.installed import distributions, packages
from vrooli.backup.source import Source
from vrooli.backup.sources.files import FilesBacking
from vrooli.core.home import Home
from vrooli.stack.backing import Backing, Member, Members
from vrooli.stack.backup_settings import FilesSettings
from vrooli.stack.model import Stack
from vrooli.stack.runtime import Context

FORM = NAME = "system"

ABOUT = "system.json"
"""What is known of the machine, beside the files."""

_UNITS = ("/etc/systemd/system", "~/.config/systemd/user")
_FILE = "file:"


class SystemBacking(FilesBacking):
    """Those files, and what is known of the machine. Without the key that opens backups: whoever
    restores has it already, and it opens nothing for anybody else in there.
    """

    form = FORM

    def __init__(self, stack: Stack, home: Home) -> None:
        paths = [path for path in _paths(stack, home) if _may_be_there(path)]
        never = [home.backup_identity]
        stage = home.root / "data" / f"{NAME}.proof"
        super().__init__(FilesSettings(NAME, tuple(paths)), stage, never)
        self._about = {"home": str(home.root), "stack": stack.name, "file": _file(stack)}

    def program(self) -> Members:
        """See the base."""
        files = super().program()

        def members() -> Iterator[Member]:
            yield from files.all()
            said = {**self._about, "packages": packages(), "python": distributions()}
            content = json.dumps(said, sort_keys=True, indent=1).encode()
            info = tarfile.TarInfo(ABOUT)
            info.size, info.mode = len(content), 0o600
            yield Member(info, io.BytesIO(content))

        return Members("lay up the system", members)


class _System(Source):
    def backings(self, context: Context) -> Mapping[str, Backing]:
        """One, unless nobody wants it."""
        if not context.stack.backup.system:
            return {}
        return {NAME: SystemBacking(context.stack, context.tools.place.home)}


SOURCE = _System()


def _may_be_there(path: str) -> bool:
    """What nobody may look at counts as there, so that it is told to be left out."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _file(stack: Stack) -> str:
    return str(Path(stack.folder, stack.source).absolute()) if stack.source else ""


def _paths(stack: Stack, home: Home) -> Iterator[str]:
    if file := _file(stack):
        yield file
    for path in (home.stack_json, home.wanted_json, home.unit_json, home.secrets):
        yield str(path)
    yield from _named(stack.to_json())
    for check in stack.checks.values():
        if check.kind == "infra-certificate":
            yield from check.options.get("paths", ())
    if unit := _unit(home):
        for folder in _UNITS:
            yield str(Path(folder).expanduser() / unit)


def _named(said: Any) -> Iterator[str]:
    """Files that hold a secret, wherever the stack refers to one."""
    # `file://` is the address of a store, which must not be taken into itself.
    if isinstance(said, str) and said.startswith(_FILE + "/") and said[len(_FILE) + 1] != "/":
        yield said.removeprefix(_FILE)
    elif isinstance(said, Mapping):
        for one in said.values():
            yield from _named(one)
    elif isinstance(said, list | tuple):
        for one in said:
            yield from _named(one)


def _unit(home: Home) -> str:
    """The one that `vrooli-autoheal install` made; empty when it made none."""
    try:
        name = str(json.loads(home.unit_json.read_bytes())["unit"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return name if "/" not in name else ""
