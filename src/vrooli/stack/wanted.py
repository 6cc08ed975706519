"""Which services are meant to run. The operator's will: it survives restarts of the watchdog and of
the machine.
"""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from vrooli.core.errors import StorageError


class Wanted:
    """The persisted set of services that an operator stopped; whatever is declared and not in it is
    meant to run.

    `paused` is the state before the first `up` and between `down` and `up`: nothing is meant to
    run.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stopped: frozenset[str] = frozenset()
        self._paused = False
        self.load()

    def load(self) -> None:
        """Read the file again. Without one nothing was ever started; a damaged one means that
        nothing was stopped.
        """
        data = _read(self._path)
        stopped = data.get("stopped")
        names = stopped if isinstance(stopped, list) else []
        self._stopped = frozenset(name for name in names if isinstance(name, str))
        self._paused = bool(data.get("paused", False))

    @property
    def paused(self) -> bool:
        """Whether nothing is meant to run: before the first `up`, and after a `down`."""
        return self._paused

    def running(self, name: str) -> bool:
        """Whether `name` is meant to run."""
        return not self._paused and name not in self._stopped

    def start(self, names: Iterable[str], everything: Iterable[str]) -> None:
        """From now on `names` are meant to run. After a `down`, all others of `everything` stay
        stopped.
        """
        stopped = set(self._stopped)
        if self._paused:
            stopped |= set(everything)
        self._write(frozenset(stopped - set(names)), paused=False)

    def stop(self, names: Iterable[str]) -> None:
        """From now on `names` are not meant to run."""
        self._write(self._stopped | set(names), paused=self._paused)

    def stop_all(self) -> None:
        """From now on nothing is meant to run, until the next start."""
        self._write(frozenset(), paused=True)

    def _write(self, stopped: frozenset[str], *, paused: bool) -> None:
        if (stopped, paused) == (self._stopped, self._paused):
            return
        text = json.dumps({"stopped": sorted(stopped), "paused": paused}) + "\n"
        try:
            write_durably(self._path, text)
        except OSError as error:
            raise StorageError(
                f"cannot remember what is meant to run: {error.strerror}",
                where=str(self._path),
                next_step="free some space or make the folder writable, then say it again",
            ) from error
        self._stopped, self._paused = stopped, paused


def write_durably(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace `path` by a file with `text`, all or nothing, on disk when this returns. Raises
    OSError.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> Mapping[str, object]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"paused": True}
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
