"""Finding the stack file, and its name before anything else is known. Cheap: no validation,
standard library only."""

import re
import tomllib
from pathlib import Path
from typing import Any

from vrooli.stack.names import DEFAULT_NAME, valid_name

FILE_NAME = "vrooli.toml"

LARGEST = 1024 * 1024
"""Bytes of a stack file; a thousand services fit in."""

_NAME_LINE = re.compile(
    r"""^\s*\[\s*stack\s*\][^\[]*?^\s*name\s*=\s*["']([^"'\n]*)["']""", re.MULTILINE
)


def find_file(start: Path) -> Path | None:
    """The nearest `vrooli.toml` in `start` or a folder above it."""
    start = start.absolute()
    for folder in (start, *start.parents):
        candidate = folder / FILE_NAME
        try:
            if candidate.is_file():
                return candidate
        except OSError:  # a folder that we may not look into holds no file of ours
            continue
    return None


def stack_name(path: Path | None) -> str:
    """The name in `[stack]`, also of a file whose rest is broken, so that its running stack can
    still be reached."""
    if path is None:
        return DEFAULT_NAME
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST).decode("utf-8", "replace")
    except OSError:
        return DEFAULT_NAME
    name = _parsed_name(text)
    return name if name is not None and valid_name(name) else DEFAULT_NAME


def _parsed_name(text: str) -> str | None:
    try:
        section: Any = tomllib.loads(text).get("stack")
    except (ValueError, RecursionError):
        match = _NAME_LINE.search(text)
        return match[1] if match else None
    name = section.get("name") if isinstance(section, dict) else None
    return name if isinstance(name, str) else None
