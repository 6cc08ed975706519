"""What became of looking whether a restore point can be restored. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from vrooli.backup.point import Point, digest_of, sign, signed
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
        manifest: what the point held then, see `digest_of`; empty in older ones, and in those that
            say that all of what is called so has failed.
    """

    point: str
    at: float
    outcome: Outcome
    checks: tuple[str, ...] = ()
    why: str = ""
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)
    manifest: str = ""


def proof_written(proof: Proof, key: bytes) -> bytes:
    """As it is stored."""
    return sign(asdict(proof), key)


def proof_read(data: bytes, key: bytes, where: str) -> Proof:
    """The other way round.

    Raises:
        Damaged: it is not what was written with `key`.
    """
    try:
        said = signed(data, key, where)
        return Proof(**{**said, "checks": tuple(said["checks"])})
    except Damaged as error:
        raise _none(error.what, where) from error
    except (KeyError, TypeError) as error:
        raise _none(f"it cannot be understood: {error}", where) from error


def require_of(proof: Proof, id: str, point: Point | None, where: str) -> None:
    """Whether it is a proof of the point of that id, and where that was read, of what it holds: the
    folder it lies in says nothing, whoever writes to a store can copy it there.

    Raises:
        Damaged: it is none.
    """
    if proof.point != id:
        raise _none(f"it is the proof of another point, {proof.point}", where)
    if point is not None and proof.manifest and proof.manifest != digest_of(point):
        raise _none("it is the proof of something else than what the point holds", where)


def _none(what: str, where: str) -> Damaged:
    return Damaged(
        what, where=where, next_step="prove the point again: `vrooli backup verify POINT`"
    )
