"""What one look at something returned."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vrooli.core.status import Status


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a probe or check.

    Attributes:
        status: how it is.
        message: one sentence for a person.
        value: the measured quantity, None where there is nothing to measure.
        unit: unit of `value` ("ms", "%", "bytes"), empty without a value.
        details: JSON-able facts behind the verdict; never a secret.
        starting: the peer answered that it is still coming up (PostgreSQL: SQLSTATE 57P03). Not
            healthy yet, not sick.
        applicable: False when this check has no meaning on this machine; such a result is shown,
            not counted.
    """

    status: Status
    message: str
    value: float | None = None
    unit: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    starting: bool = False
    applicable: bool = True

    @property
    def healthy(self) -> bool:
        """Whether dependents may rely on it: ok, or ok with a warning."""
        return self.status in (Status.OK, Status.WARNING)

    def to_json(self) -> dict[str, Any]:
        """The shape used by the CLI, the API and the history alike."""
        return {
            "status": str(self.status),
            "message": self.message,
            "value": self.value,
            "unit": self.unit,
            "details": dict(self.details),
            "starting": self.starting,
            "applicable": self.applicable,
        }


def ok(message: str, value: float | None = None, unit: str = "", **details: Any) -> Result:
    """A healthy result."""
    return Result(Status.OK, message, value, unit, details)


def warning(message: str, value: float | None = None, unit: str = "", **details: Any) -> Result:
    """A result that wants attention but breaks nothing."""
    return Result(Status.WARNING, message, value, unit, details)


def critical(message: str, value: float | None = None, unit: str = "", **details: Any) -> Result:
    """A result that says: this is broken."""
    return Result(Status.CRITICAL, message, value, unit, details)


def unknown(message: str, **details: Any) -> Result:
    """We could not find out; the reason stands in the message."""
    return Result(Status.UNKNOWN, message, details=details)


def starting(message: str, **details: Any) -> Result:
    """It answers, but says that it is still coming up."""
    return Result(Status.UNKNOWN, message, details=details, starting=True)


def not_applicable(reason: str) -> Result:
    """This check has no meaning here."""
    return Result(Status.UNKNOWN, reason, applicable=False)
