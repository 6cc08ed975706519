"""The record on disk: which processes run, so that the next keeper can adopt them. Never an environment or arguments."""

from __future__ import annotations

import json
import os
import time

from vrooli.host.keeper.launches import Launch, Table, exit_from_json, launch_from_json
from vrooli.host.keeper.log import log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

KEPT_EXITS = (
    64  # of the remembered ones: enough for a watchdog that missed the last seconds of a keeper
)
KEPT_ENDINGS = 32
FORMAT = 1


class Record:
    """`<home>/keeper.json`. When the disk is full the keeper goes on from memory and `error` says so.

    Args:
        path: of the file.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.error: str | None = None

    def save(self, table: Table, starting: Iterable[Launch], endings: list[dict[str, Any]]) -> None:
        """Replace the file; not synced: after a power cut every process in it is gone anyway."""
        running = [*table.alive.values(), *starting]
        launches = [dict(item.to_json(), minded=item.minded) for item in running]
        exits = list(table.exits)[-KEPT_EXITS:]
        document = {
            "format": FORMAT,
            "next_seq": table.next_seq,
            "launches": launches,
            "exits": [item.to_json() for item in exits],
            "endings": endings[-KEPT_ENDINGS:],
        }
        try:
            _replace(self.path, json.dumps(document, separators=(",", ":")).encode())
        except OSError as error:
            if self.error is None:
                log("error", f"cannot write the record {self.path}: {error.strerror}")
            self.error = f"{self.path}: {error.strerror}"
            return
        if self.error is not None:
            log("info", "the record can be written again")
        self.error = None

    def load(self) -> tuple[Table, list[dict[str, Any]]]:
        """What is recorded: launches and exits, and the endings of the watchdog. A corrupt file is set aside."""
        try:
            with open(self.path, "rb") as file:
                raw = file.read(16 << 20)
        except FileNotFoundError:
            return Table(), []
        except OSError as error:
            self.error = f"{self.path}: {error.strerror}"
            return _afresh(), []
        try:
            return _parse(json.loads(raw))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self._set_aside(f"{type(error).__name__}: {error}")
            return _afresh(), []

    def _set_aside(self, why: str) -> None:
        log("error", f"the record {self.path} is corrupt ({why}); kept as {self.path}.corrupt")
        try:
            os.replace(self.path, self.path + ".corrupt")
        except OSError as error:
            self.error = f"{self.path}: {error.strerror}"


def _afresh() -> Table:
    table = Table()
    # Clients remember the last number they have handled; numbers that were used must not come again.
    table.next_seq = int(time.time() * 1000)
    return table


def _parse(document: dict[str, Any]) -> tuple[Table, list[dict[str, Any]]]:
    table = Table()
    for item in document["launches"]:
        table.add(launch_from_json(item))
    table.exits.extend(exit_from_json(item) for item in document["exits"])
    table.next_seq = int(document["next_seq"])
    return table, [dict(item) for item in document["endings"]]


def _replace(path: str, content: bytes) -> None:
    temporary = path + ".tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    fd = os.open(temporary, flags, 0o600)
    try:
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(fd, view) :]
        finally:
            os.close(fd)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
