"""A folder that a process is going to write into, looked at before it takes work."""

import os
from pathlib import Path

from vrooli.core.errors import UsageError


def writable(folder: Path, setting: str) -> Path:
    """`folder`, made where need be: without it each run would fail at its first file.

    Args:
        folder: absolute or relative to the current one.
        setting: names the variable that chooses another.

    Raises:
        UsageError: it cannot be made, or not be written into.
    """
    advice = f"make it, and give it to the user of this process; or name another: {setting}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        said = f"this folder cannot be made: {error.strerror}"
        raise UsageError(said, where=str(folder), next_step=advice) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError("nothing may be written here", where=str(folder), next_step=advice)
    return folder
