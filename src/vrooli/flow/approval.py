"""What somebody is asked to approve, and what was said. Pure, but for the port."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Protocol

from vrooli.core.errors import VrooliError


def digest(what: Any) -> str:
    """SHA-256 of a JSON value in its canonical form, in hexadecimal: keys sorted, no spaces, UTF-8.
    Whoever decides names it, and so has decided about this value and no other.
    """
    text = json.dumps(
        what, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Question:
    """An attempt of a step asks for a decision.

    Attributes:
        run: id.
        path: of the step.
        attempt: from 1.
        hash: of what is to be approved.
        expires: unix seconds after which nobody can decide any more; None for never.
    """

    run: str
    path: str
    attempt: int
    hash: str
    expires: float | None


@dataclass(frozen=True, slots=True)
class Answer:
    """How it stands.

    Attributes:
        status: `pending`, `approved`, `rejected` or `expired`.
        by: who decided; empty when nobody has.
        at: unix seconds of the decision or the end; None while it is pending.
        reason: as whoever decided gave it.
        seen: how many decisions there were in the run when this was read.
    """

    status: str = "pending"
    by: str = ""
    at: float | None = None
    reason: str = ""
    seen: int = 0


class Approvals(Protocol):
    """Where questions are kept until somebody decides."""

    async def ask(self, question: Question) -> Answer:
        """How it stands; the first time the question is put. The same question again is one.

        Raises:
            VrooliError: it cannot be read or written; `retryable` says whether that may pass.
        """
        ...


class NobodyDecides:
    """Where no questions are kept."""

    async def ask(self, question: Question) -> Answer:
        """See the port."""
        raise VrooliError(
            "nobody can be asked here",
            where=question.path,
            next_step="steps of type `approval` need the server",
        )
