"""Log lines of the watchdog: one JSON object each, with the field names of the Elastic Common
Schema.
"""

import json
import logging
import os
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from queue import Full, Queue

STDERR = 2

BACKLOG = 10_000
"""Lines kept while the disk takes none: a few MiB."""

FLUSHED = 1.0
"""Seconds that the end of the process waits for its last lines."""


class EcsFormatter(logging.Formatter):
    """The shape that the server logs in as well, without structlog."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        at = datetime.fromtimestamp(record.created, UTC)
        line = {
            "@timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "log.level": record.levelname.lower(),
            "message": record.getMessage(),
            "service.name": "vrooli-autoheal",
            "log.logger": record.name,
        }
        if record.exc_info:
            line["error.stack_trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class AsideHandler(logging.Handler):
    """Writes by a thread: the log lies on the disk of the home, and when that hangs, who logs must
    not. Lines that the disk does not take wait in memory, up to a bound.
    """

    def __init__(self, descriptor: int, bound: int = BACKLOG) -> None:
        super().__init__()
        # Not a stream: Python's end waits for the lock of one that a thread is writing to.
        self._descriptor = descriptor
        self._lines: Queue[bytes] = Queue(bound)
        threading.Thread(target=self._write, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Hand one line over; one too many is dropped."""
        with suppress(Full):
            self._lines.put_nowait(self.format(record).encode("utf-8", "replace") + b"\n")

    def flush(self) -> None:
        """Wait until all is written, for at most a second."""
        deadline = time.monotonic() + FLUSHED
        while self._lines.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.005)

    def _write(self) -> None:
        while True:
            line = memoryview(self._lines.get())
            with suppress(OSError):  # a full disk: the next line may find room
                while line:
                    line = line[os.write(self._descriptor, line) :]
            self._lines.task_done()


def log_to_stderr(level: int = logging.INFO) -> None:
    """Have every logger write such lines to standard error."""
    handler = AsideHandler(STDERR)
    handler.setFormatter(EcsFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
