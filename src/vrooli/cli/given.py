"""Files that somebody names on the command line."""

import sys
from pathlib import Path

from vrooli.core.errors import UsageError


def text_of(file: Path) -> str:
    """What it holds; `-` is standard input.

    Raises:
        UsageError: it cannot be read, or is no UTF-8.
    """
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(
            f"cannot be read: {reason}",
            where=str(file),
            next_step="name a file of text that this user may read",
        ) from error
