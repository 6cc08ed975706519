"""Names of systemd's units, as `vrooli.toml` has them. systemd.unit(5) says what they may be."""

import re

_TYPES = "service|socket|device|mount|automount|swap|target|path|timer|slice|scope"
_UNIT = re.compile(rf"[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*\.(?:{_TYPES})\Z", re.ASCII)
_LONGEST = 255


def valid_unit(name: str) -> bool:
    """Whether it is a unit's whole name, and no option or pattern."""
    return len(name) <= _LONGEST and _UNIT.match(name) is not None
