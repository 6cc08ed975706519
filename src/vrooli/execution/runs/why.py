"""Why a run, or one of its steps, is where it is: one reason, since when, and what to do. Pure."""

from dataclasses import asdict, dataclass
from typing import Any

from vrooli.execution.runs.engine import LEASE, RENEW, SWEEP

SILENT = 2 * RENEW
"""Seconds without a renewal after which a worker is taken for dead: it has missed two."""

SOON = 2 * SWEEP
"""Seconds within which a worker that lives and has room takes what nobody has."""

WAITS = ("wait",)
APPROVALS = ("approval",)


@dataclass(frozen=True, slots=True)
class Open:
    """A step that is to be executed or is under way.

    Attributes:
        path: which step.
        type: of the step.
        since: when this attempt began, or the one before it failed; None when nobody wrote it down,
            as of steps that may be repeated.
        again_at: when it is tried again after a failure; None unless it waits for that.
        due: when a wait is over; None where that is not known.
    """

    path: str
    type: str
    since: float | None = None
    again_at: float | None = None
    due: float | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the reason depends on; times are unix seconds.

    Attributes:
        run: id.
        status: of the run.
        created_at: when it was made.
        ended_at: None while it has not ended.
        moved_at: when something of it was last written down.
        owner: who works on it.
        lease_until: when it may be taken over.
        workers: processes that hold runs with a lease that lasts.
        unreadable: why this server cannot read its routine; empty when it can.
        failure: why it failed, `{kind, reason}`; empty when it did not.
        over: the limit at which it paused; empty when somebody paused it.
        undecided: steps whose effect a person has to decide about.
        open: steps under way.
        ended: how steps ended that did, by path.
    """

    run: str
    status: str
    created_at: float
    ended_at: float | None = None
    moved_at: float | None = None
    owner: str | None = None
    lease_until: float | None = None
    workers: int = 0
    unreadable: str = ""
    failure: str = ""
    over: str = ""
    undecided: tuple[str, ...] = ()
    open: tuple[Open, ...] = ()
    ended: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """The answer.

    Attributes:
        code: one word for a machine.
        says: one sentence for a person.
        moving: whether it goes on by itself, without anybody doing anything.
        since: unix seconds; None when nobody knows.
        until: when that changes by itself; None when it does not, or nobody knows.
        step: which step it is about; empty when it is about the run.
        next_step: what a person can do; empty when there is nothing to do.
    """

    code: str
    says: str
    moving: bool
    since: float | None = None
    until: float | None = None
    step: str = ""
    next_step: str = ""

    def to_json(self) -> dict[str, Any]:
        """The shape on the wire."""
        return asdict(self)


def why(facts: Facts, now: float) -> Reason:
    """Why the run is where it is."""
    if facts.ended_at is not None:
        return _ended(facts)
    if facts.status == "paused" and facts.over:
        said = f"it paused at a limit: {facts.over}"
        advice = f"raise the limit, then resume it: `vrooli run resume {facts.run}`"
        return Reason("budget", said, False, facts.moved_at, next_step=advice)
    if facts.status == "paused":
        return Reason("paused", "somebody paused it", False, facts.moved_at, next_step="resume it")
    if facts.status == "waiting":
        return _waiting(facts)
    if facts.status == "pending":
        return _nobody_has_it(facts, now, "queued", facts.moved_at or facts.created_at)
    return _running(facts, now)


def why_step(facts: Facts, path: str, now: float) -> Reason:
    """Why one step of it is where it is."""
    ended = dict(facts.ended).get(path)
    if path in facts.undecided:
        return _undecided(facts, path)
    if ended is not None:
        return Reason("ended", f"it {ended}", False, step=path)
    of_run = why(facts, now)
    one = next((one for one in facts.open if one.path == path), None)
    if one is not None and of_run.code in ("step", "wait", "retry", "approval"):
        return _open(one)
    if one is not None or facts.ended_at is not None:
        return of_run
    said = f"its turn has not come: {of_run.says}"
    return Reason(
        "not-reached", said, of_run.moving, of_run.since, of_run.until, path, of_run.next_step
    )


def _ended(facts: Facts) -> Reason:
    if facts.status == "failed" and facts.undecided:
        return _undecided(facts, facts.undecided[0])
    said = f"it {'was ' if facts.status == 'cancelled' else ''}{facts.status}"
    advice = f"`vrooli run show {facts.run}`" if facts.status == "failed" else ""
    if facts.failure:
        said += f": {facts.failure}"
    return Reason("ended", said, False, facts.ended_at, next_step=advice)


def _undecided(facts: Facts, path: str) -> Reason:
    said = f"nobody knows whether step `{path}` was done"
    advice = f"look, then decide: `vrooli run effects {facts.run}`"
    return Reason("unknown-effect", said, False, facts.ended_at, None, path, advice)


def _waiting(facts: Facts) -> Reason:
    for one in facts.open:
        if one.type in APPROVALS:
            return _open(one)
    if facts.open:
        return _open(facts.open[0])
    return Reason("waiting", "it waits for something outside", False, facts.moved_at)


def _running(facts: Facts, now: float) -> Reason:
    left = (facts.lease_until or now) - now
    if left <= 0:
        return _nobody_has_it(facts, now, "lease-expired", facts.lease_until)
    if LEASE - left > SILENT:
        said = f"its worker {facts.owner} has said nothing for {LEASE - left:.0f} s"
        advice = "none: another worker takes it over then" if facts.workers else _START
        return Reason(
            "silent-worker", said, bool(facts.workers), now + left - LEASE, now + left, "", advice
        )
    if facts.unreadable:
        said = f"this server cannot read its routine: {facts.unreadable}"
        advice = "run it on the version that stored it, or cancel it"
        return Reason("definition", said, False, facts.moved_at, next_step=advice)
    return _step_of(facts)


def _step_of(facts: Facts) -> Reason:
    """What is done counts over what is waited for; of several, the one that is over first."""
    reasons = [_open(one) for one in facts.open]
    for code in ("step", "retry", "wait", "approval"):
        found = [one for one in reasons if one.code == code]
        if found:
            return min(found, key=lambda one: one.until or 0.0)
    return Reason("between-steps", "the next step is about to begin", True, facts.moved_at)


def _open(one: Open) -> Reason:
    if one.again_at is not None:
        said = f"step `{one.path}` failed and is tried again"
        return Reason("retry", said, True, one.since, one.again_at, one.path)
    if one.type in WAITS:
        said = f"step `{one.path}` waits for its time"
        return Reason("wait", said, True, one.since, one.due, one.path)
    if one.type in APPROVALS:
        said = f"step `{one.path}` waits for a person"
        return Reason("approval", said, False, one.since, None, one.path, "approve or refuse it")
    return Reason("step", f"step `{one.path}` is being done", True, one.since, None, one.path)


def _nobody_has_it(facts: Facts, now: float, code: str, since: float | None) -> Reason:
    new = since is None or now - since < SOON
    if facts.workers or new:
        advice = "none, unless it stays so: then all workers are full, and one more helps"
        return Reason(code, "it waits for a worker with room", True, since, None, "", advice)
    return Reason("no-worker", "no worker takes it", False, since, None, "", _START)


_START = "start a worker: `vrooli start server`"
