"""Fetching a part of a restore point beside the data of its resource."""

from pathlib import Path

from vrooli.core.launch import LaunchSpec
from vrooli.stack.runtime import Context

_WANTED = ("PATH", "HOME", "LANG", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")


def fetching(
    context: Context,
    point: str,
    service: str,
    folder: Path,
    owner: str | None,
    run: tuple[str, Path],
) -> LaunchSpec:
    """The program that does it, as whoever we are: the key that opens packs is not the server's to
    read.

    Args:
        context: of the stack.
        point: its id.
        service: whose part.
        folder: empty, and ours alone until all is there.
        owner: whose the files are to be then.
        run: under which name the keeper records it, and its log.
    """
    place, environment = context.tools.place, context.environment
    argv = (
        *(place.machine.python, "-m", "vrooli", "backup", "fetch", point),
        *("--service", service, "--into", str(folder)),
        *(("--owner", owner) if owner else ()),
    )
    env = {key: environment[key] for key in _WANTED if key in environment}
    return LaunchSpec(
        service=run[0],
        argv=argv,
        cwd="/",
        env={**env, "VROOLI_HOME": str(place.home.root)},
        log_path=str(run[1]),
    )
