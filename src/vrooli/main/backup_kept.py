"""Composition of what restores and upgrades kept of data, for who looks at restore points."""

from contextlib import suppress

from vrooli.core.errors import ConfigError
from vrooli.core.home import Home
from vrooli.stack.compiled import read_compiled
from vrooli.stack.kept_data import Kept, kept_in
from vrooli.stack.postgres.upgrade.look import folder_size


def kept_of(home: Home) -> list[tuple[Kept, int]]:
    """Those of all services of the stack that was brought up last, with their bytes. What cannot be
    looked at is not told: checks do.
    """
    if not home.stack_json.exists():
        return []
    found = list[Kept]()
    for service in read_compiled(home.stack_json).services:
        with suppress(ConfigError, OSError):
            found += kept_in(home.root / "data", service)
    return [(one, folder_size(one.path)) for one in found]
