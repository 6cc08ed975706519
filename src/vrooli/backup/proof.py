"""What became of looking whether a restore point can be restored. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from vrooli.backup.point import sign, signed
from vrooli.core.errors import Damaged

Outcome = Literal["verified", "failed", "unverified"]


@dataclass(frozen=True, slots=True)
class Proof:
    """One look.

    Attributes:
        point: which one.
        at: Unix seconds.
        outcome: `verified` when it was restored and everything in it held; `failed` when
            something did not; `unverified` when it could not be looked at, which says nothing.
        checks: what was looked at, in the order of looking, a line each.
        why: of what is not verified.
        seconds: how long it took.
        facts: numbers of what was found.
    """

    point: str
    at: float
    outcome: Outcome
    checks: tuple[str, ...] = ()
    why: str = ""
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)


def proof_written(proof: Proof, key: bytes) -> bytes:
    """As it is stored."""
    return sign(asdict(proof), key)


def proof_read(data: bytes, key: bytes, where: str) -> Proof:
    """The other way round.

    Raises:
        Damaged: it is not what was written with `key`.
    """
    said = signed(data, key, where)
    try:
        return Proof(**{**said, "checks": tuple(said["checks"])})
    except (KeyError, TypeError) as error:
        raise Damaged(
            f"it cannot be understood: {error}",
            where=where,
            next_step="verify it again: `vrooli backup verify`",
        ) from error
