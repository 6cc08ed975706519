"""Names of systemd's units, as `vrooli.toml` has them. systemd.unit(5) says what they may be."""

import re

_TYPES = "service|socket|device|mount|automount|swap|target|path|timer|slice|scope"
_UNIT = re.compile(rf"[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*\.(?:{_TYPES})\Z", re.ASCII)
_LONGEST = 255


def valid_unit(name: str) -> bool:
    """Whether it is a unit's whole name, and no option or pattern."""
    return len(name) <= _LONGEST and _UNIT.match(name) is not None


_MADE = re.compile(r"vrooli-[A-Za-z0-9_.-]+@(?P<service>[a-z][a-z0-9-]*)\.service", re.ASCII)


def made_unit(own: str, service: str) -> str:
    """The unit that is made for a service.

    Args:
        own: the name of the stack's own unit, like `vrooli-shop`: no two homes have the same.
        service: its name.
    """
    return f"{own}@{service}.service"


def made_for(unit: str) -> str:
    """The service for which a unit of ours was made; empty for any other unit."""
    found = _MADE.fullmatch(unit)
    return found["service"] if found is not None else ""


def own_unit(unit: str) -> str:
    """The stack's own unit, by a unit that was made for one of its services."""
    return f"{unit.partition('@')[0]}.service"
