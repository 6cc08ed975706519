"""What would not survive a reboot. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from vrooli.stack.model import Stack

_EMPTIED = ("/tmp", "/var/tmp", "/run", "/var/run", "/dev")
_IN_MEMORY = ("tmpfs", "ramfs", "devtmpfs")
_UNFIT = "\n\r\0"
_ASSIGNMENT = re.compile(r"^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=", re.MULTILINE)
_VARIABLE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")


def perishable(path: str, filesystem: str) -> str:
    """Why what lies at `path` is gone after a reboot, or one day; empty when it stays.

    Args:
        path: absolute, links resolved.
        filesystem: the type of the file system that holds it.
    """
    for folder in _EMPTIED:
        if path == folder or path.startswith(f"{folder}/"):
            return f"{folder} is emptied"
    if filesystem in _IN_MEMORY:
        return f"it is kept in memory ({filesystem})"
    return ""


def unresolved(stack: Stack, known: Collection[str]) -> tuple[str, ...]:
    """References that nothing resolves at boot, as `scenarios.shop.env.API_KEY = env:API_KEY`.

    Args:
        stack: what is declared.
        known: names of the variables that the watchdog has at boot.
    """
    data = stack.to_json()
    services = data.pop("services").values()
    pairs = [*_texts(data, "")]
    for service in services:
        pairs += _texts(service, f"{service['role']}s.{service['group']}")
    lost = (f"{where} = {text}" for where, text in pairs if _is_lost(text, known))
    return tuple(dict.fromkeys(lost))


def _texts(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Every text below `value` that may be a reference: arguments of programs are none."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, f"{where}.{key}".lstrip("."))


def _is_lost(text: str, known: Collection[str]) -> bool:
    match = _VARIABLE.fullmatch(text)
    return match is not None and match[1] not in known


def assigned(text: str) -> set[str]:
    """Names of the variables that an environment file sets (systemd.exec(5), EnvironmentFile=)."""
    return set(_ASSIGNMENT.findall(text))


def kept(environment: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """What a unit keeps of the environment that it is installed from: `names`, and of PATH only
    what is absolute and stays.
    """
    found = {name: environment[name] for name in names if environment.get(name)}
    if "PATH" in found:
        found["PATH"] = ":".join(_lasting(found["PATH"].split(":")))
    return {name: value for name, value in found.items() if not set(_UNFIT) & set(value)}


def _lasting(folders: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(f for f in folders if f.startswith("/") and not perishable(f, "")))
