"""Reading the log files of services."""

import os
from pathlib import Path

_TAIL_BLOCK = 64 * 1024


def tail(path: Path, lines: int) -> list[str]:
    """The last `lines` lines (bounded by 64 KiB); empty when there is no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BLOCK))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return text.splitlines()[-lines:] if lines > 0 else []
