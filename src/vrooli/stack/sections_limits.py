"""The section of `vrooli.toml` about what a service may use. Standard library only."""

from dataclasses import dataclass
from typing import ClassVar

from vrooli.stack import sizes
from vrooli.stack.section_keys import FORBID, flag, key, whole

SMALLEST_MEMORY, LARGEST_MEMORY = 2**20, 2**50
MOST_TASKS, MOST_CPU, MOST_FILES = 4_194_304, 100_000, 1_048_576
"""What Linux takes (PID_MAX_LIMIT, a thousand processors, fs.nr_open)."""


@dataclass
class LimitsSection:
    """What a service with a `command` and `runtime = "systemd"` may use and do, with all that it
    starts; systemd and the kernel keep it."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    memory: int | str | None = key(
        "Memory, without swap. What goes beyond has it killed, and that is said.",
        sizes.EXPECTED,
        default="no limit",
        schema={
            "anyOf": [
                {"type": "integer", "minimum": SMALLEST_MEMORY, "maximum": LARGEST_MEMORY},
                {"type": "string", "pattern": f"^{sizes.TEXT}$"},
            ]
        },
    )
    tasks: int | None = whole(
        "Processes and threads together.", between=(1, MOST_TASKS), default="no limit"
    )
    cpu: int | None = whole(
        "Time of processors, in percent of one: 150 is one and a half.",
        between=(1, MOST_CPU),
        default="no limit",
    )
    files: int | None = whole(
        "Files that one process may have open.",
        between=(8, MOST_FILES),
        default="systemd's own (1024, which a process may raise)",
    )
    no_new_privileges: bool | None = flag(
        "Nothing that it runs gets more rights than it has (setuid, sudo).", default="`false`"
    )
    private_tmp: bool | None = flag(
        "It has `/tmp` and `/var/tmp` of its own, gone when it ends. Root's stacks only.",
        default="`false`",
    )
    protect_home: bool | None = flag(
        "`/home`, `/root` and `/run/user` are empty for it. Root's stacks only.", default="`false`"
    )
    read_only: list[str] | None = key(
        "Paths in which it cannot change anything; relative ones start at this file. Root's stacks "
        "only.",
        'a list of paths, like ["/etc", "/srv/shop"]',
        default="none",
        schema={"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 100},
    )
