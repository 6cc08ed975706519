"""The shapes of answers about approvals."""

from typing import Any, Literal

from pydantic import BaseModel


class CostShape(BaseModel):
    """US dollars: what is asked for may cost at `most`, null where nothing limits it; and the
    median `before`, of as many `runs` of the routine, null where there were none. Likewise `tokens`
    and `steps` at most, and `time`, in seconds from the start of what is limited.
    """

    most: float | None
    tokens: int | None
    steps: int | None
    time: float | None
    before: float | None
    runs: int


class DelegationShape(BaseModel):
    """Who handed it on to whom, when (unix seconds) and why. `back`: to one that it came from."""

    by: str
    to: str
    back: bool
    because: str
    at: float


class ApprovalShape(BaseModel):
    """What a run asks for, and what somebody said. Times are unix seconds. `created_by` started the
    run. `diff` is what would change, where the run shows it; empty elsewhere. It is asked of
    `asked_of`: that is `created_by`, or the last of `delegates`, to whom it was handed on.
    `decided_for` is in whose place one of these decided. `swarm` is the one that started the run,
    the innermost of them; null for a run of none.
    """

    id: str
    run: str
    routine: str
    swarm: str | None
    path: str
    attempt: int
    hash: str
    status: Literal["pending", "approved", "rejected", "expired", "void"]
    message: str | None
    what: Any
    asked_at: float
    expires_at: float | None
    decided_at: float | None
    decided_by: str | None
    decided_for: str | None
    reason: str | None
    created_by: str
    asked_of: str
    delegates: list[str]
    delegations: list[DelegationShape]
    cost: CostShape | None
    diff: str


class Decided(BaseModel):
    """What became of one of several. `problem` tells why it does not count; empty when it does."""

    id: str
    status: str
    problem: str


class AllDecided(BaseModel):
    """In the order in which they were said."""

    decided: list[Decided]


class ApprovalPage(BaseModel):
    """The newest first, and where the next page begins."""

    approvals: list[ApprovalShape]
    next_cursor: str | None


class OpenApprovals(BaseModel):
    """How many wait for a decision of whoever asks, 1000 at most; of all that are there and wait,
    which was asked last, and how often they were handed on or taken back.
    """

    count: int
    newest: str | None
    moves: int


class Approvers(BaseModel):
    """Addresses of those who may approve, in their order."""

    delegates: list[str]


class AbsenceShape(BaseModel):
    """What is asked of `person` is asked of `to`, up to a class of risk. Times are unix seconds."""

    person: str
    to: str
    until: float
    risk: Literal["reading", "changing", "dangerous"]
    made_at: float


class AbsenceList(BaseModel):
    """By person."""

    absences: list[AbsenceShape]
