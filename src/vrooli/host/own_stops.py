"""Which runs of units we stopped ourselves: systemd does not tell who asked for a stop, and one of
ours is nobody's wish that a service stay down.
"""

import contextlib
import json
import os
from pathlib import Path


class OwnStops:
    """Remembers the latest of each unit, also for the process after this one.

    Args:
        file: where, on a file system that is empty after a boot, as the memory of systemd is; None
            keeps it in this process alone.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._runs: dict[str, str] = {}

    def note(self, unit: str, run: str) -> None:
        """`run` of `unit` is about to be stopped."""
        self._runs = {**self._read(), **self._runs, unit: run}
        if self._file is None:
            return
        draft = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        with contextlib.suppress(OSError):  # this process knows it all the same
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                json.dump(self._runs, file)
            draft.replace(self._file)

    def has(self, unit: str, run: str) -> bool:
        """Whether that run was stopped by us."""
        return bool(run) and run in (self._runs.get(unit), self._read().get(unit))

    def _read(self) -> dict[str, str]:
        try:
            text = self._file.read_text(encoding="utf-8") if self._file is not None else "{}"
            found = json.loads(text)
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
