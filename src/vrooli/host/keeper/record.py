"""What the next keeper must know to adopt what runs. Never an environment or arguments."""

from __future__ import annotations

import errno
import json
import os

from vrooli.host.keeper.launches import Launch, launch_from_json
from vrooli.host.keeper.log import log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

FORMAT = 1
MAX_BYTES = 16 << 20
_WORDS = {errno.ETIMEDOUT: "the disk does not answer", 255: "its writer was killed"}


class Record:
    """`<home>/keeper.json`. With a full disk the keeper goes on from memory; `error` says so.

    Args:
        path: of the file.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.error: str | None = None

    def content(self, launches: Iterable[Launch]) -> bytes:
        """What the file is to hold."""
        items = [
            dict(launch.to_json(), minded=launch.minded, tag=launch.tag) for launch in launches
        ]
        return json.dumps({"format": FORMAT, "launches": items}, separators=(",", ":")).encode()

    def replace(self, content: bytes, still: Callable[[], bool]) -> None:
        """Replace the file, if it is `still` wanted when all is written. Not synced: after a power
        cut every process in it is gone anyway.
        """
        temporary = self.path + ".tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        fd = os.open(temporary, flags, 0o600)
        try:
            try:
                view = memoryview(content)
                while view:
                    view = view[os.write(fd, view) :]
            finally:
                os.close(fd)
            if still():
                os.replace(temporary, self.path)
        except OSError:
            os.unlink(temporary)
            raise

    def note(self, number: int) -> None:
        """How the latest attempt to write it went: an errno, 0 when it stands there."""
        if number == 0:
            if self.error is not None:
                log("info", "the record can be written again")
            self.error = None
            return
        why = _WORDS.get(number) or os.strerror(number)
        if self.error is None and number != errno.ETIMEDOUT:  # the log lies on the disk that hangs
            log("error", f"cannot write the record {self.path}: {why}")
        self.error = f"{self.path}: {why}"

    def load(self) -> list[Launch]:
        """What was alive when it was last written. A corrupt file is set aside."""
        try:
            with open(self.path, "rb") as file:
                raw = file.read(MAX_BYTES)
        except FileNotFoundError:
            return []
        except OSError as error:
            self.error = f"{self.path}: {error.strerror}"
            return []
        try:
            return _parse(json.loads(raw))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self._set_aside(f"{type(error).__name__}: {error}")
            return []

    def _set_aside(self, why: str) -> None:
        log("error", f"the record {self.path} is corrupt ({why}); kept as {self.path}.corrupt")
        try:
            os.replace(self.path, self.path + ".corrupt")
        except OSError as error:
            self.error = f"{self.path}: {error.strerror}"


def _parse(document: dict[str, Any]) -> list[Launch]:
    return [launch_from_json(item) for item in document["launches"]]
