"""Whether a stack file says something else than what was brought up from it: nothing but an `up`
takes an edit on, and who edits and restarts must not believe that it was taken on.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from vrooli.core.home import Home
from vrooli.stack.diff import Difference, difference
from vrooli.stack.model import Stack


def edits(
    file: Path | None, home: Home, last: Stack | None, load: Callable[[Path], Stack]
) -> Difference | None:
    """What an `up` would change; None when the file is as it was then, or is not the one that was
    brought up. It is read only when it was written since.

    Args:
        file: in force; None for the default stack, which nobody edits.
        home: of its stack.
        last: what was brought up there; None before the first time.
        load: compiles a file.

    Raises:
        ConfigError: it has mistakes.
    """
    if file is None or last is None or last.source != str(file):
        return None
    with suppress(OSError):
        written, taken_on = file.stat(), home.stack_json.stat().st_mtime_ns
        if max(written.st_mtime_ns, written.st_ctime_ns) > taken_on:
            return difference(last, load(file)) or None
    return None
