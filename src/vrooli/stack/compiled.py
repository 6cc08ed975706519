"""`stack.json`: the last good compiled stack, on disk. Standard library only, since the watchdog
reads it."""

import json
from pathlib import Path

from vrooli.core.errors import AccessDenied, ConfigError, StorageError
from vrooli.stack.durable import write_durably
from vrooli.stack.model import Stack

LARGEST = 8 * 1024 * 1024
"""Bytes; some thousand services fit in one. What is larger was not written by us."""

_NEXT = "run `vrooli up`: it compiles the stack file anew"


def write_compiled(stack: Stack, path: Path) -> None:
    """Replace `path`, all or nothing. Raises StorageError when the disk refuses; the old file then
    stays."""
    text = json.dumps(stack.to_json(), indent=1, ensure_ascii=False) + "\n"
    try:
        write_durably(path, text)
    except OSError as error:
        raise StorageError(
            f"cannot write the compiled stack: {error.strerror}",
            where=str(path),
            next_step="free some space or make the folder writable, then try again",
        ) from error


def read_compiled(path: Path) -> Stack:
    """What `write_compiled` wrote.

    Raises:
        ConfigError: it is missing, unreadable or not ours.
        AccessDenied: it is another user's. Whether anything runs there, nobody can tell.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise ConfigError(
            "no stack was brought up here yet", where=str(path), next_step=_NEXT
        ) from error
    except PermissionError as error:
        raise AccessDenied(
            f"cannot read the compiled stack: {error.strerror}",
            where=str(path),
            next_step="run as the user who brought the stack up",
        ) from error
    except OSError as error:
        raise ConfigError(
            f"cannot read the compiled stack: {error.strerror}", where=str(path), next_step=_NEXT
        ) from error
    if len(content) > LARGEST:
        raise ConfigError("the compiled stack is too large", where=str(path), next_step=_NEXT)
    try:
        return Stack.from_json(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(
            "the compiled stack is damaged", where=str(path), next_step=_NEXT
        ) from error
