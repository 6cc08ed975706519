"""Which controllers of control groups there are for units: what is not there limits nothing."""

from pathlib import Path

ALL = ("memory", "pids", "cpu")
"""Those that limits of ours need (cgroups(7))."""

_TREE = Path("/sys/fs/cgroup")


def controllers(uid: int, tree: Path = _TREE) -> frozenset[str]:
    """Of the system's units for root, else of this user's, as the system hands them down."""
    if (tree / "cgroup.controllers").exists():
        user = f"user.slice/user-{uid}.slice/user@{uid}.service"
        return _listed((tree if uid == 0 else tree / user) / "cgroup.controllers")
    if uid != 0:
        return frozenset()  # the trees of version 1 are root's
    return frozenset(name for name in ALL if (tree / name).is_dir())


def _listed(file: Path) -> frozenset[str]:
    try:
        return frozenset(file.read_text(encoding="ascii").split())
    except OSError:
        return frozenset()
