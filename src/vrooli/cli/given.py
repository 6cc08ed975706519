"""Files and JSON that somebody gives on the command line."""

import json
import sys
from pathlib import Path
from typing import Any

from vrooli.core.errors import UsageError
from vrooli.core.nesting import DEEPEST_DATA, TOO_DEEP, too_deep


def text_of(file: Path) -> str:
    """What it holds; `-` is standard input.

    Raises:
        UsageError: it cannot be read, or is no UTF-8.
    """
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(
            f"cannot be read: {reason}",
            where=str(file),
            next_step="name a file of text that this user may read",
        ) from error


def json_of(said: str, where: str) -> Any:
    """The value that is said, or that stands in `@FILE`, or for `-` on standard input.

    Args:
        said: on the command line.
        where: as what.

    Raises:
        UsageError: it is no JSON, or lies too deep.
    """
    text = _there(said) if said == "-" or said.startswith("@") else said
    place = said[1:] if said.startswith("@") else where
    try:
        return read_json(text, place)
    except ValueError as error:
        advice = """write it like '{"n": 1}', and a text like '"text"'"""
        raise UsageError(f"this is no JSON: {error}", where=place, next_step=advice) from error


def read_json(text: str, where: str) -> Any:
    """The value of a text.

    Raises:
        ValueError: it is no JSON.
        UsageError: it lies too deep: all that walks over it recurses.
    """
    try:
        value = json.loads(text)
        if not too_deep(value):
            return value
    except RecursionError:
        pass  # deeper still than what can be read
    advice = f"give data with at most {DEEPEST_DATA} of them in each other"
    raise UsageError(TOO_DEEP, where=where, next_step=advice)


def words_of(said: str, where: str) -> str:
    """The text that is said, or that stands in `@FILE`, or for `-` on standard input.

    Args:
        said: on the command line. What has spaces is no name of a file: `@ann look here`.
        where: as what.

    Raises:
        UsageError: it says nothing.
    """
    is_there = said == "-" or (said.startswith("@") and not any(map(str.isspace, said)))
    text = (_there(said) if is_there else said).rstrip("\n")
    if not text.strip():
        advice = "write what is meant, `@FILE`, or `-` for standard input"
        raise UsageError("it says nothing", where=where, next_step=advice)
    return text


def _there(said: str) -> str:
    return text_of(Path(said.removeprefix("@")))


def is_file(said: str) -> bool:
    """Whether that names a file, and not something that the server keeps."""
    return said == "-" or "." in said or "/" in said
