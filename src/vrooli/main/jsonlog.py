"""Log lines of the watchdog: one JSON object each, with the field names of the Elastic Common
Schema.
"""

import json
import logging
import sys
from datetime import UTC, datetime


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


def log_to_stderr(level: int = logging.INFO) -> None:
    """Have every logger write such lines to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(EcsFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
