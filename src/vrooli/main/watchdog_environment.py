"""`env:NAME` is resolved in the watchdog's environment: that of the `up` that started it."""

from collections.abc import Mapping
from pathlib import Path

from vrooli.stack.model import Stack

_SCHEME = "env:"


def knows_other_values(pid: int, stack: Stack, environment: Mapping[str, str]) -> bool:
    """Whether the watchdog `pid` has other values than `environment` for what `stack` refers to.

    Then it has to be started anew, or an `export` before an `up` would never reach a service. A
    variable that is not set here says nothing: it may have been set only for the first `up`.
    """
    wanted = {name: environment[name] for name in _names(stack) if name in environment}
    if not wanted:
        return False
    try:
        raw = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    pairs = (part.decode(errors="surrogateescape").partition("=") for part in raw.split(b"\0"))
    known = {name: value for name, _, value in pairs}
    return any(known.get(name) != value for name, value in wanted.items())


def _names(stack: Stack) -> set[str]:
    values = [v for s in stack.services.values() for v in (*s.env.values(), s.url)]
    values += [channel.url for channel in stack.notify.channels.values()]
    return {value.removeprefix(_SCHEME) for value in values if value.startswith(_SCHEME)}
