"""What services and jobs have in common in the file: a command, its environment, its user."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from vrooli.stack.plaintext import NEXT, carries_password, is_plain_secret, reference_problem
from vrooli.stack.problem import Section, usable

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,30}\$?", re.ASCII)


@dataclass(frozen=True)
class Folders:
    """Where relative paths start.

    Attributes:
        file: the folder of the stack file; empty for the built-in stack.
        user: the home folder behind `~`.
    """

    file: str
    user: str

    def absolute(self, path: str) -> str:
        """`path` with `~` expanded, starting at the file's folder."""
        if path == "~" or path.startswith("~/"):
            path = self.user + path[1:]
        return os.path.normpath(os.path.join(self.file, path))


def compile_command(
    written: list[str] | None, section: Section, folders: Folders, key: str = "command"
) -> tuple[str, ...]:
    """The command, with a program that is a path made absolute; empty when none was written."""
    command = list(written or ())
    if not all(map(usable, command)):
        section.wrong(key, "a text that the operating system cannot take as argument")
    if any(map(carries_password, command)):
        text = "a password in a command, which every user of the host can see"
        section.wrong(key, f"{text}; pass it by `env`, and there {NEXT}")
    if command and ("/" in command[0] or command[0].startswith("~")):
        command[0] = folders.absolute(command[0])
    return tuple(command)


def compile_env(
    written: Mapping[str, str | int] | None, section: Section, folders: Folders
) -> dict[str, str]:
    """The environment, values as text; problems go to the keys below `env` of the section."""
    below = Section(section.problems, (*section.path, "env"))
    found: dict[str, str] = {}
    for name, raw in (written or {}).items():
        value = str(raw)
        problem = _env_problem(name, value)
        if problem:
            below.wrong(name, problem)
        found[name] = absolute_reference(value, folders)
    return found


def compile_user(written: str | None, section: Section) -> str:
    """The system user; empty for the default one."""
    if written is not None and not _USER.fullmatch(written):
        section.wrong("user", "expected the name of a system user, like `vrooli`")
        return ""
    return written or ""


def absolute_reference(value: str, folders: Folders) -> str:
    """`value`; the path of a `file:` reference made absolute."""
    scheme, _, path = value.partition(":")
    return f"file:{folders.absolute(path)}" if scheme == "file" and path else value


def _env_problem(name: str, value: str) -> str | None:
    if not _VARIABLE.fullmatch(name):
        return "expected a variable of letters, digits and `_` that does not begin with a digit"
    if not usable(value):
        return "a text that the operating system cannot take as variable"
    if is_plain_secret(name, value):
        whole = ", for all of its headers together" if "HEADER" in name.upper() else ""
        return f"looks like a secret in plain text; {NEXT}{whole}"
    return reference_problem(value)
