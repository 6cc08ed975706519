"""Reading the log files of services."""

import os
from pathlib import Path

_TAIL_BLOCK = 64 * 1024


def tail(path: Path, lines: int, since: int = 0) -> list[str]:
    """The last `lines` lines (bounded by 64 KiB), of those that begin at byte `since` or later;
    empty when there is no file. A file that was rotated since then is taken whole.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(since if since <= size else 0, size - _TAIL_BLOCK))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return text.splitlines()[-lines:] if lines > 0 else []


def size(path: Path) -> int:
    """Bytes in a log; 0 when there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
