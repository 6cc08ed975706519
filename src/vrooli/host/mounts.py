"""Which file system holds a path: `/proc/self/mountinfo`, proc_pid_mountinfo(5)."""

from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")


def filesystem_of(path: str) -> str:
    """Its type (`ext4`, `tmpfs`, ...); empty when it cannot be told. Links are resolved first."""
    try:
        real = str(Path(path).resolve())
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:
        fields, _, rest = line.partition(" - ")
        point = _plain(fields.split()[4])
        # A later mount hides an earlier one on the same folder.
        if _holds(point, real) and len(point) >= len(best):
            best, kind = point, rest.split()[0]
    return kind


def _holds(point: str, path: str) -> bool:
    return point == "/" or path == point or path.startswith(f"{point}/")


def _plain(text: str) -> str:
    """Blanks, tabs, newlines and backslashes are written as octal numbers there."""
    for code, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, letter)
    return text
