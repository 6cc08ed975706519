"""Finding the stack file, and its name before anything else is known. Cheap: no validation,
standard library only."""

import os
import re
import stat
from pathlib import Path
from typing import Any

from vrooli.core.errors import ConfigError, UsageError
from vrooli.stack.names import DEFAULT_NAME, NAME_EXPECTED, valid_name
from vrooli.stack.toml_text import parse

FILE_NAME = "vrooli.toml"

LARGEST = 1024 * 1024
"""Bytes of a stack file; a thousand services fit in."""

_NAME_LINE = re.compile(r"^\s*\[\s*stack\s*\][^\[]*?^\s*name\s*=.*$", re.MULTILINE)


def find_file(start: Path) -> Path | None:
    """The nearest `vrooli.toml` in `start` or a folder above it.

    Raises:
        UsageError: the nearest one is no file. It is not passed over: the command would reach
            another stack than the one that is meant.
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        candidate = folder / FILE_NAME
        if os.path.lexists(candidate):  # not in a folder that we may not look into
            check_file(candidate)
            return candidate
    return None


def check_file(path: Path) -> None:
    """Raise UsageError unless there is a regular file at `path`, or a link to one."""
    fault = _fault(path)
    if fault:
        raise UsageError(
            f"this is no stack file: {fault}",
            where=str(path),
            next_step="name another by -f, or write one by `vrooli init`",
        )


def stack_name(path: Path | None) -> str:
    """The name in `[stack]`, also of a file that is broken further down, so that its running stack
    can still be reached.

    Raises:
        ConfigError: the file is broken where the name is, or before it, or it bears none that can
            be one. To take another instead would reach another stack.
        UsageError: the file cannot be read.
    """
    if path is None:
        return DEFAULT_NAME
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST).decode("utf-8-sig", "replace")
    except OSError as error:
        raise UsageError(
            f"the stack file cannot be read: {error.strerror}",
            where=str(path),
            next_step="name another by -f, or run as a user who may read it",
        ) from error
    name = _name(text, path)
    if name is None:
        return DEFAULT_NAME
    if not isinstance(name, str) or not valid_name(name):
        raise ConfigError(
            f"`name` under [stack] is no name of a stack: {name!r}",
            where=_name_place(text, path),
            next_step=f"write {NAME_EXPECTED}",
        )
    return name


def _fault(path: Path) -> str:
    """What is at `path` instead of a file; empty for a file."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if path.is_symlink():
            return f"a link to {os.readlink(path)}: {error.strerror}"
        return str(error.strerror)
    if stat.S_ISREG(mode):
        return ""
    return "a folder" if stat.S_ISDIR(mode) else "neither a file nor a link to one"


def _name(text: str, path: Path) -> object:
    """What stands there as the name; None when the whole file says none."""
    try:
        tables = parse(text, path)
    except ConfigError as error:
        name = _name_above(text, path)
        if name is None:
            raise ConfigError(
                f"nobody can tell which stack this is: {error.what}",
                where=error.where,
                next_step=error.next_step,
            ) from error
        return name
    section: Any = tables.get("stack", {})
    if not isinstance(section, dict):
        raise ConfigError(
            "nobody can tell which stack this is: `stack` is no table",
            where=str(path),
            next_step='write [stack], and below it name = "NAME"',
        )
    return section.get("name")


def _name_above(text: str, path: Path) -> object:
    """The name in the first lines of a broken file, which are whole by themselves."""
    found = _NAME_LINE.search(text)
    if found is None:
        return None
    try:
        return parse(text[: found.end()] + "\n", path)["stack"]["name"]
    except (ConfigError, KeyError, TypeError):
        return None


def _name_place(text: str, path: Path) -> str:
    found = _NAME_LINE.search(text)
    return f"{path}:{text.count(chr(10), 0, found.end()) + 1}" if found else str(path)
