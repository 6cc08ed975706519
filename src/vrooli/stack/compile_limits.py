"""`[resources.NAME.limits]` and `[scenarios.NAME.limits]`: what a service may use."""

from vrooli.core.limits import Limits
from vrooli.stack import sizes
from vrooli.stack.compile_process import Folders
from vrooli.stack.problem import Section, usable
from vrooli.stack.sections_limits import (
    LARGEST_MEMORY,
    MOST_CPU,
    MOST_FILES,
    MOST_TASKS,
    SMALLEST_MEMORY,
    LimitsSection,
)

MOST_PATHS = 100

_WITHOUT = {
    "process": 'a process of its own has no limits; add `runtime = "systemd"`',
    "systemd": "the unit has limits of its own: set them there (`systemctl edit`)",
    "docker": "the container has limits of its own: set them where it is made (`docker update`)",
    "external": "what runs elsewhere is limited there; leave it out",
}
"""By runtime, what to do instead. Of `systemd`: where it holds a unit that others have made."""


def compile_limits(
    written: LimitsSection | None, section: Section, folders: Folders, runtime: str, *, made: bool
) -> Limits:
    """The limits as written; problems go to the keys below `limits` of the section.

    Args:
        written: as it stands there; None when nothing does.
        section: of the service.
        folders: where relative paths start.
        runtime: of the service.
        made: whether its unit is made by us.
    """
    if written is None:
        return Limits()
    if not made:
        if not section.is_wrong("runtime"):
            section.wrong("limits", _WITHOUT[runtime])
        return Limits()
    below = Section(section.problems, (*section.path, "limits"))
    return Limits(
        memory=_memory(written.memory, below),
        tasks=below.whole("tasks", written.tasks, 0, (1, MOST_TASKS)),
        cpu=below.whole("cpu", written.cpu, 0, (1, MOST_CPU)),
        files=below.whole("files", written.files, 0, (8, MOST_FILES)),
        no_new_privileges=bool(written.no_new_privileges),
        private_tmp=bool(written.private_tmp),
        protect_home=bool(written.protect_home),
        read_only=_paths(written.read_only or [], below, folders),
    )


def _memory(written: int | str | None, below: Section) -> int:
    if written is None:
        return 0
    try:
        size = sizes.parse_size(written)
    except ValueError as error:
        below.wrong("memory", str(error))
        return 0
    if not SMALLEST_MEMORY <= size <= LARGEST_MEMORY:
        below.wrong("memory", "expected a size from 1M to 1024T")
    return size


def _paths(written: list[str], below: Section, folders: Folders) -> tuple[str, ...]:
    if len(written) > MOST_PATHS:
        below.wrong("read_only", f"more than {MOST_PATHS} paths")
    if not all(path.strip() and usable(path) and "\n" not in path for path in written):
        below.wrong("read_only", "expected paths, each one line of text that is not empty")
        return ()
    return tuple(dict.fromkeys(folders.absolute(path) for path in written))
