"""Fetching a part of a restore point beside the data of its resource."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from vrooli.core.launch import LaunchSpec
from vrooli.stack.backup_settings import variables
from vrooli.stack.model import Stack
from vrooli.stack.runtime import Context
from vrooli.stack.upgrading import Wish

_HEAP = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "268435456"}
"""Of glibc: the memory of a piece is used for the next one. Else its pages go back to the kernel
with each, and come again: half a second for each GB (4.4 to 3.5 s, 2 x AMD EPYC, 2026-11-28).
"""

_WANTED = ("PATH", "HOME", "LANG", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")


def fetching(
    context: Context,
    wish: Wish,
    service: str,
    into: tuple[Path, str | None],
    run: tuple[str, Path],
    more: Sequence[str] = (),
) -> LaunchSpec:
    """The program that does it, as whoever we are: the key that opens packs is not the server's to
    read.

    Args:
        context: of the stack.
        wish: which point, and from which store.
        service: whose part.
        into: a folder, empty and ours alone until all is there; whose the files are to be then.
        run: under which name the keeper records it, and its log.
        more: further arguments.
    """
    folder, owner = into
    argv = (
        *(context.tools.place.machine.python, "-m", "vrooli", "backup", "fetch", wish.restore),
        *("--service", service, "--into", str(folder), "--steps"),
        *(("--owner", owner) if owner else ()),
        *(("--store", wish.store) if wish.store else ()),
        *more,
    )
    return own_program(context, argv, run)


def own_program(
    context: Context, argv: Sequence[str], run: tuple[str, Path], stdin: str | None = None
) -> LaunchSpec:
    """A program of ours that opens the stores.

    Args:
        context: of the stack.
        argv: it, and its arguments.
        run: under which name the keeper records it, and its log.
        stdin: what it is told.
    """
    env = store_environment(context.stack, context.environment)
    return LaunchSpec(
        service=run[0],
        argv=tuple(argv),
        cwd="/",
        env={**env, **_HEAP, "VROOLI_HOME": str(context.tools.place.home.root)},
        log_path=str(run[1]),
        stdin=stdin,
    )


def store_environment(stack: Stack, environment: Mapping[str, str]) -> dict[str, str]:
    """What a program of ours that opens the stores gets of ours: others may be secrets."""
    wanted = {*_WANTED, *variables(stack.backup.stores)}
    return {key: value for key, value in environment.items() if key in wanted}
