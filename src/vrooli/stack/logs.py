"""Reading the log files of services."""

import os
from pathlib import Path

_TAIL_BLOCK = 64 * 1024
_TRIES = 20


def tail(path: Path, lines: int, since: int = 0) -> list[str]:
    """The last `lines` lines (bounded by 64 KiB), of those that begin at byte `since` or later;
    empty when there is no file. A file that was rotated since then is taken whole. Right after a
    rotation the lines before it are in another file, and are shown as well.
    """
    text = b""
    for _ in range(_TRIES):
        before, text = size(path), _whole(path, since)
        if size(path) >= before:
            break
        # Its beginning was moved away meanwhile: we may have seen a gap.
    return text.decode("utf-8", "replace").splitlines()[-lines:] if lines > 0 else []


def _whole(path: Path, since: int) -> bytes:
    text = _end(path, _TAIL_BLOCK, since)
    if since == 0 and len(text) < _TAIL_BLOCK:
        text = _end(path.with_name(f"{path.name}.1"), _TAIL_BLOCK - len(text)) + text
    return text


def _end(path: Path, most: int, since: int = 0) -> bytes:
    """At most `most` bytes of the end of a file; empty when there is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(since if since <= size else 0, size - most))
            return file.read()
    except OSError:
        return b""


def size(path: Path) -> int:
    """Bytes in a log; 0 when there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
