"""Secrets of people: by a prompt, from a file or from standard input, never as an argument, which
every user of the machine could read.
"""

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from vrooli.core.errors import UsageError

MOST = 4096

PasswordFile = Annotated[
    str | None,
    typer.Option(
        "--password-file", help="A file with the password; - is standard input.", metavar="FILE"
    ),
]


def secret(name: str, file: str | None, option: str, *, twice: bool = False) -> str:
    """What a person types, or the first line of a file.

    Args:
        name: what is asked for.
        file: where it stands; `-` is standard input, None asks.
        option: how to name a file, for those who cannot be asked.
        twice: ask again, because it is a new one.

    Raises:
        UsageError: there is none, or nobody to ask.
    """
    if file is not None:
        return _first_line(file, option)
    if not sys.stdin.isatty():
        raise UsageError(
            f"the {name} cannot be asked for: standard input is no terminal",
            next_step=f"{option} FILE, or {option} - for standard input",
        )
    said = getpass.getpass(f"{name}: ")
    if twice and getpass.getpass(f"{name} again: ") != said:
        raise UsageError(f"the {name} was not the same both times", next_step="try again")
    return _checked(said, name)


def _first_line(file: str, option: str) -> str:
    try:
        if file == "-":
            text = sys.stdin.readline(MOST)
        else:
            with Path(file).open(encoding="utf-8") as stream:
                text = stream.readline(MOST)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(
            f"cannot be read: {reason}",
            where=f"{option} {file}",
            next_step="name a file that this user may read",
        ) from error
    return _checked(text.removesuffix("\n").removesuffix("\r"), option)


def _checked(text: str, where: str) -> str:
    if not text:
        raise UsageError(
            "it is empty", where=where, next_step="say one that has at least a character"
        )
    return text
