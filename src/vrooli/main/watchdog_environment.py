"""`env:NAME` is resolved in the watchdog's environment: that of the `up` that started it."""

from collections.abc import Mapping
from pathlib import Path

from vrooli.stack.backup_settings import variables
from vrooli.stack.model import Stack

_SCHEME = "env:"


def known_values(pid: int, stack: Stack) -> dict[str, str] | None:
    """What the watchdog `pid` has for the variables that `stack` refers to; None when it cannot be
    told.
    """
    wanted = _names(stack)
    try:
        raw = Path(f"/proc/{pid}/environ").read_bytes() if wanted else b""
    except OSError:
        return None
    pairs = (part.decode(errors="surrogateescape").partition("=") for part in raw.split(b"\0"))
    return {name: value for name, _, value in pairs if name in wanted}


def has_other_values(
    known: Mapping[str, str], stack: Stack, environment: Mapping[str, str]
) -> bool:
    """Whether a watchdog that has `known` resolves a reference of `stack` otherwise than
    `environment` does.

    Then it has to be started anew, or an `export` before an `up` would never reach a service. A
    variable that is not set here says nothing: it may have been set only for the first `up`.
    """
    names = _names(stack) & environment.keys()
    return any(known.get(name) != environment[name] for name in names)


def _names(stack: Stack) -> set[str]:
    values = [v for s in stack.services.values() for v in (*s.env.values(), s.url)]
    values += [channel.url for channel in stack.notify.channels.values()]
    values += [v for job in stack.jobs.values() for v in job.env.values()]
    named = {value.removeprefix(_SCHEME) for value in values if value.startswith(_SCHEME)}
    return named | variables(stack.backup.stores)
