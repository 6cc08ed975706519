"""Reading and rotating the log files of services.

Services append to their file themselves (it outlives keeper and watchdog), so rotation copies and
truncates: an appending writer goes on at the new end. Lines written between copy and truncation are
lost; that window is microseconds.
"""

import os
import shutil
from pathlib import Path

LOG_LIMIT = 10 * 1024 * 1024
"""Bytes after which a log is rotated."""

LOG_KEEP = 5
"""Rotated files kept beside the live one."""

_TAIL_BLOCK = 64 * 1024


def size_of(path: Path) -> int:
    """Bytes of the log now; 0 when there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def tail(path: Path, lines: int, since: int = 0) -> list[str]:
    """The last `lines` lines (bounded by 64 KiB); empty when there is no file.

    Args:
        path: of the log.
        lines: how many at most.
        since: its size when what is of interest began; a log that is smaller now was rotated.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            begin = since if since <= size else 0
            file.seek(max(begin, size - _TAIL_BLOCK))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return text.splitlines()[-lines:] if lines > 0 else []


def rotate(path: Path, limit: int = LOG_LIMIT, keep: int = LOG_KEEP) -> bool:
    """Rotate `path` when it is larger than `limit` bytes; whether it was. Raises OSError (disk
    full: the log is kept).
    """
    try:
        if path.stat().st_size <= limit:
            return False
    except FileNotFoundError:
        return False
    for number in range(keep - 1, 0, -1):
        older = _rotated(path, number)
        if older.exists():
            older.replace(_rotated(path, number + 1))
    first = _rotated(path, 1)
    try:
        shutil.copy2(path, first)
    except OSError:
        first.unlink(missing_ok=True)
        raise
    os.truncate(path, 0)
    return True


def _rotated(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")
