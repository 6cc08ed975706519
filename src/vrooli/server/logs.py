"""JSON logs on stdout with the field names of the Elastic Common Schema, without secrets.

https://www.elastic.co/guide/en/ecs/current/ecs-field-reference.html
"""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

ECS_VERSION = "8.11"
REDACTED = "[redacted]"
MAX_STACK = 8192
_SECRET_KEY = re.compile(
    r"passw|token|secret|authorization|credential|dsn|database_url|api_?key", re.I
)
_IN_TEXT = (
    (re.compile(r"(\w+://[^\s:/@]*):[^\s@/]+@"), rf"\1:{REDACTED}@"),  # passwords inside URLs
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {REDACTED}"),
    (re.compile(r"(?i)\b(password|token|secret)=[^\s&;]+"), rf"\1={REDACTED}"),
)
_RENAMED = {"event": "message", "level": "log.level", "logger": "log.logger"}

Event = MutableMapping[str, Any]


def configure_logs(service: str, version: str, level: int = logging.INFO) -> None:
    """Send structlog and the standard library's logging (uvicorn, asyncio) through one formatter to
    stdout.
    """
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="@timestamp"),
        structlog.stdlib.PositionalArgumentsFormatter(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    final: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        Ecs(service, version),
        redact,
        structlog.processors.JSONRenderer(default=str),
    ]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=final)
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Its lines would repeat ours, with the query string; the rest of uvicorn stays audible.
    logging.getLogger("uvicorn.access").disabled = True


class Ecs:
    """Renames fields to ECS and spreads an exception over `error.*`."""

    def __init__(self, service: str, version: str) -> None:
        self._fixed = {
            "service.name": service,
            "service.version": version,
            "ecs.version": ECS_VERSION,
        }

    def __call__(self, logger: Any, method: str, event: Event) -> Event:
        """Called by structlog for each line."""
        error = event.pop("exc_info", None)
        event.pop("color_message", None)  # uvicorn's copy of the message for terminals
        fields = {_RENAMED.get(key, key): value for key, value in event.items()}
        return {**fields, **self._fixed, **_error_fields(error)}


def _error_fields(error: Any) -> dict[str, str]:
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if not isinstance(error, BaseException):
        return {}
    return {
        "error.type": type(error).__name__,
        "error.message": str(error),
        # The end of a trace names the place; the beginning is always the same framework.
        "error.stack_trace": "".join(traceback.format_exception(error))[-MAX_STACK:],
    }


def redact(logger: Any, method: str, event: Event) -> Event:
    """Hide values of fields whose name says secret, and credentials inside any text."""
    return {
        key: REDACTED if _SECRET_KEY.search(key) else redact_value(value)
        for key, value in event.items()
    }


def redact_value(value: Any) -> Any:
    """`value` without credentials, through containers."""
    if isinstance(value, str):
        for pattern, replacement in _IN_TEXT:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, dict):
        return {
            key: REDACTED if _SECRET_KEY.search(str(key)) else redact_value(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [redact_value(item) for item in value]
    return value
