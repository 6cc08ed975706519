"""The verdict over the dependencies. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from vrooli.server.dependencies import Answer

SERVICE = "vrooli-server"


class Health(StrEnum):
    """`degraded`: serving, with something optional missing. `unhealthy`: cannot serve; answered
    with 503.
    """

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Report:
    """The body of `/health`.

    Attributes:
        status: see `Health`.
        service: always `vrooli-server`.
        version: of the package.
        timestamp: RFC 3339, UTC.
        uptime_seconds: since the process began to serve, by the monotonic clock.
        readiness: whether a balancer should send requests here: all required dependencies answer
            and migrations are applied.
        dependencies: name to `{connected, latency_ms, error}`.
    """

    status: Health
    service: str
    version: str
    timestamp: str
    uptime_seconds: float
    readiness: bool
    dependencies: Mapping[str, Any]

    @property
    def http_status(self) -> int:
        """503 when unhealthy, else 200."""
        return 503 if self.status is Health.UNHEALTHY else 200

    def to_json(self) -> dict[str, Any]:
        """The shape on the wire."""
        return asdict(self)


def judge(answers: Mapping[str, Answer], migrated: bool) -> Health:
    """Required and missing, or tables not migrated: unhealthy. Optional and missing: degraded."""
    missing = [answer for answer in answers.values() if not answer.connected]
    if not migrated or any(answer.required for answer in missing):
        return Health.UNHEALTHY
    return Health.DEGRADED if missing else Health.HEALTHY


def report(
    answers: Mapping[str, Answer], *, migrated: bool, version: str, uptime: float, now: float
) -> Report:
    """Put a report together; `uptime` in seconds, `now` in unix seconds."""
    status = judge(answers, migrated)
    return Report(
        status=status,
        service=SERVICE,
        version=version,
        timestamp=datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
        uptime_seconds=round(uptime, 3),
        readiness=status is not Health.UNHEALTHY,
        dependencies={
            name: {
                "connected": answer.connected,
                "latency_ms": answer.latency_ms,
                "error": answer.error,
            }
            for name, answer in answers.items()
        },
    )
