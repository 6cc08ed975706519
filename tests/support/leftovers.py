"""Which processes belong to a home: by what the keeper marks them with, and by where they work."""

import os
from pathlib import Path

from vrooli.host.keeper.main import home_id

DEAD = "ZX"  # a zombie waits for init to reap it; it is gone in every sense that counts


def processes_of(home: Path) -> dict[int, str]:
    """Pid and command line of every living process of `home`."""
    marker = f"VROOLI_LAUNCH={home_id(str(home))}:".encode()
    found: dict[int, str] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            line = _belongs(folder, home, marker)
            if line is not None:
                found[int(folder.name)] = line
    return found


def living(pid: int) -> bool:
    """Whether `pid` runs (or is stopped), as opposed to gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in DEAD


def _belongs(folder: Path, home: Path, marker: bytes) -> str | None:
    if not living(int(folder.name)):
        return None
    line = _read(folder / "cmdline").replace(b"\0", b" ")
    within = str(home) + "/"
    try:
        place = os.readlink(folder / "cwd") + "/"
    except OSError:
        place = ""
    if (
        marker in _read(folder / "environ")
        or str(home).encode() in line
        or place.startswith(within)
    ):
        return line.decode("utf-8", "replace").strip()
    return None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
