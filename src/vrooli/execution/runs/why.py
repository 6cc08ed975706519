"""Why a run, or one of its steps, is where it is: one reason, since when, and what to do. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from shlex import quote
from typing import Any

from vrooli.execution.runs.engine import LEASE, RENEW, SWEEP
from vrooli.execution.runs.facts import Facts, Open, Over
from vrooli.execution.runs.sharing import DEFAULT_QUEUE

SILENT = 2 * RENEW
"""Seconds without a renewal after which a worker is taken for dead: it has missed two."""

SOON = 2 * SWEEP
"""Seconds within which a worker that lives and has room takes what nobody has."""

WAITS, APPROVALS, RUNS = ("wait",), ("approval",), ("routine",)
"""Types of steps that are told apart."""

BUDGET, DOWN = "budget", "provider-down"
"""Kinds of failures that are: a limit was reached; a provider is left alone for a while."""

UNDER_WAY = ("step", "below", "retry", DOWN, "wait", "approval", "signal")
"""What is done counts over what is waited for."""

WRITTEN_SOON = ("step", "between-steps", "queued", "lease-expired")
"""Codes of what the next row changes, which comes soon."""

SLOW = 1.0
"""Seconds after which one looks why it does not."""

GOES_ON = "none: it goes on by itself"


@dataclass(frozen=True, slots=True)
class Reason:
    """The answer.

    Attributes:
        code: one word for a machine.
        says: one sentence for a person.
        moving: whether it goes on by itself, without anybody doing anything.
        since: unix seconds.
        until: when that changes by itself; None when it does not, or nobody knows.
        step: which step it is about; empty when it is about the run.
        next_step: what a person can do.
        command: the command that does it; empty when there is nothing to do.
        kept: signals of the run that no step has taken, how many by name.
        until_of: what ends a swarm at `until`: the deadline of its `policy`, or the time of its
            `budget`; empty for anything else.
    """

    code: str
    says: str
    moving: bool
    since: float | None = None
    until: float | None = None
    step: str = ""
    next_step: str = GOES_ON
    command: str = ""
    kept: Mapping[str, int] = field(default_factory=dict)
    until_of: str = ""

    def to_json(self) -> dict[str, Any]:
        """The shape on the wire."""
        return asdict(self)


def why(facts: Facts, now: float) -> Reason:
    """Why the run is where it is."""
    return _dated(_why(facts, now), facts)


def why_step(facts: Facts, path: str, now: float) -> Reason:
    """Why one step of it is where it is."""
    if path in facts.undecided:
        return _dated(_undecided(facts, path), facts)
    for ended, how, at in facts.ended:
        if ended == path:
            return _todo(Reason("ended", f"it {how}", False, at, step=path), _show(facts))
    of_run = why(facts, now)
    one = next((one for one in facts.open if one.path == path), None)
    if one is not None and of_run.code in UNDER_WAY:
        return _dated(_open(facts, one), facts)
    if one is not None or facts.ended_at is not None:
        return of_run
    said = f"its turn has not come: {of_run.says}"
    return replace(of_run, code="not-reached", says=said, step=path)


def of_below(reason: Reason, below: Reason) -> Reason:
    """Why a step is where it is that waits for a run of its own: for the reason of that one."""
    said = f"{reason.says}: {below.says}"
    return replace(below, says=said, step=reason.step)


def no_room(reason: Reason, what: str, next_step: str) -> Reason:
    """Why nothing is written down: PostgreSQL says `what`."""
    said = f"nothing of it can be written down: {what}"
    advice = f"{next_step}; then it goes on by itself"
    return replace(
        reason, code="no-room", says=said, moving=False, next_step=advice, command="vrooli status"
    )


def _dated(reason: Reason, facts: Facts) -> Reason:
    """With the last time at which something was written down, where no better one is known."""
    since = reason.since or facts.stands_since or facts.moved_at or facts.created_at
    return replace(reason, since=since, kept=dict(facts.kept))


def _todo(reason: Reason, command: str, advice: str = "") -> Reason:
    return replace(reason, command=command, next_step=advice or f"`{command}`")


def _why(facts: Facts, now: float) -> Reason:
    if facts.ended_at is not None:
        return _ended(facts)
    if facts.status == "paused":
        return _paused(facts)
    if facts.status == "waiting":
        return _waiting(facts)
    if facts.status == "pending":
        return _pending(facts, now)
    return _running(facts, now)


def _show(facts: Facts) -> str:
    return f"vrooli run show {facts.run}"


def _ended(facts: Facts) -> Reason:
    if facts.status == "failed" and facts.undecided:
        return _undecided(facts, facts.undecided[0])
    said = f"it {'was ' if facts.status == 'cancelled' else ''}{facts.status}"
    if facts.status == "cancelled" and facts.stands_by:
        said += f" by {facts.stands_by}"
    if facts.failure:
        said += f": {facts.failure}"
    reason = Reason("ended", said, False, facts.ended_at)
    if facts.status == "failed" and facts.kind == BUDGET:
        return _over(facts, replace(reason, code=BUDGET))
    if facts.status == "failed" and facts.retryable:
        code = DOWN if facts.kind == DOWN else "ended"
        return _todo(replace(reason, code=code), f"vrooli run retry {facts.run}")
    return _todo(reason, _show(facts))


def _undecided(facts: Facts, path: str) -> Reason:
    said = f"nobody knows whether step `{path}` was done"
    reason = Reason("unknown-effect", said, False, facts.ended_at, None, path)
    decide = f"vrooli run decide {facts.run} {quote(path)}"
    look = f"vrooli run effects {facts.run}"
    advice = f"`{look}`, look whether it was done, then `{decide} done --why TEXT`, or `again`"
    return _todo(reason, look, advice)


def _paused(facts: Facts) -> Reason:
    if facts.stands_by == BUDGET:
        said = f"it paused at a limit: {facts.stands_why}"
        return _over(facts, Reason(BUDGET, said, False, facts.stands_since))
    said = f"{facts.stands_by or 'somebody'} paused it"
    return _todo(Reason("paused", said, False), f"vrooli run resume {facts.run}")


def _over(facts: Facts, reason: Reason) -> Reason:
    """One that paused goes on when its limit is another one; one that failed has to be asked."""
    again = f"vrooli run {'resume' if facts.ended_at is None else 'retry'} {facts.run}"
    if facts.over is None:
        look = "vrooli model list"
        advice = f"`{look}`, say what the model costs in the server's settings, then `{again}`"
        return _todo(reason, look, advice)
    if not facts.over.enough:
        return _todo(reason, again, f"the limit is another one by now: `{again}`")
    if facts.over.monthly:
        limits = " ".join(f"--{kind} {value}" for kind, value in _limits(facts.over))
        command = f"vrooli user budget {quote(facts.over.run)} {limits}"
        advice = f"an admin may say `{command}`, then `{again}`"
        if facts.ended_at is None and facts.lease_until is not None:
            advice += "; or none: it goes on by itself in the next month"
            reason = replace(reason, until=facts.lease_until)
        return _todo(reason, command, advice)
    command = other_limits(facts.over)
    if facts.ended_at is None:
        return _todo(reason, command)
    return _todo(reason, command, f"`{command}`, then `{again}`")


def other_limits(over: Over) -> str:
    """The command with which a run may go on."""
    limits = ",".join(f"{kind}={value}" for kind, value in _limits(over))
    return f"vrooli run budget {over.run} {limits}"


def _limits(over: Over) -> list[tuple[str, str]]:
    return [(kind, _written(kind, enough)) for kind, enough in over.enough]


def _written(kind: str, enough: float) -> str:
    if kind == "cost":
        return f"{enough:.6f}".rstrip("0").rstrip(".")
    return str(-int(-enough // 1))


def _waiting(facts: Facts) -> Reason:
    """A question, for there a person can do something; else what is over first."""
    reasons = [_open(facts, one) for one in facts.open]
    asked = [one for one in reasons if one.code in ("approval", "signal")]
    if asked:
        return replace(asked[0], until=facts.lease_until)
    if reasons:
        return min(reasons, key=lambda one: one.until or 0.0)
    said = "it waits for a time or a decision"
    return _todo(Reason("waiting", said, False, until=facts.lease_until), _show(facts))


def _pending(facts: Facts, now: float) -> Reason:
    since = facts.moved_at or facts.created_at
    if facts.unread:
        return _unreadable(f"the process that took it cannot read it: {facts.unread}", facts)
    return _nobody_has_it(facts, now, Reason("queued", "it waits", True, since))


def _running(facts: Facts, now: float) -> Reason:
    left = (facts.lease_until or now) - now
    if left <= 0:
        said = f"the lease of its worker {facts.owner or '-'} is over, and it waits"
        lost = Reason("lease-expired", said, True, facts.lease_until)
        return _nobody_has_it(facts, now, lost)
    if LEASE - left > SILENT:
        said = f"its worker {facts.owner} has said nothing for {LEASE - left:.0f} s"
        times = (now + left - LEASE, now + left)
        reason = Reason("silent-worker", said, bool(facts.workers), *times)
        if facts.workers:
            return replace(reason, next_step="none: another worker takes it over then")
        return _todo(reason, *_start(facts))
    if facts.unreadable:
        return _unreadable(f"this server cannot read its routine: {facts.unreadable}", facts)
    return _step_of(facts)


def _unreadable(said: str, facts: Facts) -> Reason:
    reason = Reason("definition", said, False, facts.moved_at)
    cancel = f"vrooli run cancel {facts.run}"
    return _todo(reason, cancel, f"run it on the version that stored it, or `{cancel}`")


def _step_of(facts: Facts) -> Reason:
    """What is done counts over what is waited for; of several, the one that is over first."""
    reasons = [_open(facts, one) for one in facts.open]
    for code in UNDER_WAY:
        found = [one for one in reasons if one.code == code]
        if found:
            return min(found, key=lambda one: one.until or 0.0)
    return Reason("between-steps", "the next step is about to begin", True, facts.moved_at)


def _open(facts: Facts, one: Open) -> Reason:
    if one.again_at is not None:
        return _again(one)
    if one.type in WAITS and one.signal:
        said = f"step `{one.path}` waits for the signal `{one.signal}`"
        reason = Reason("signal", said, False, one.since, one.due, one.path)
        data = f" --data {quote(one.data)}" if one.data else ""
        return _todo(reason, f"vrooli run signal {facts.run} {quote(one.signal)}{data}")
    if one.type in WAITS:
        said = f"step `{one.path}` waits for its time"
        return Reason("wait", said, True, one.since, one.due, one.path)
    if one.type in APPROVALS:
        said = f"step `{one.path}` waits for a person"
        reason, place = Reason("approval", said, False, one.since, None, one.path), quote(one.path)
        command = f"vrooli approval approve {facts.run} {place}"
        show = f"vrooli approval show {facts.run} {place}"
        return _todo(reason, command, f"`{show}`, then `{command}`, or `reject`")
    if one.type in RUNS:
        said = f"step `{one.path}` waits for its run {one.below}"
        reason = Reason("below", said, True, one.since, None, one.path)
        return _todo(reason, f"vrooli run why {one.below}")
    return Reason("step", f"step `{one.path}` is being done", True, one.since, None, one.path)


def _again(one: Open) -> Reason:
    said = f"step `{one.path}` failed and is tried again"
    said += f": {one.failure}" if one.failure else ""
    reason = Reason("retry", said, True, one.since, one.again_at, one.path)
    if one.kind == DOWN:
        advice = "none: it goes on when the provider answers again; `vrooli model list` shows them"
        return _todo(replace(reason, code=DOWN), "vrooli model list", advice)
    return reason


def _nobody_has_it(facts: Facts, now: float, reason: Reason) -> Reason:
    new = reason.since is None or now - reason.since < SOON
    if facts.serving or new:
        advice = "none, unless it stays so: then all workers are full, and one more helps"
        return replace(reason, says=f"{reason.says} for a worker with room", next_step=advice)
    said = f"no worker takes it: none that is at work serves its queue `{facts.queue}`"
    return _todo(replace(reason, code="no-worker", says=said, moving=False), *_start(facts))


def _start(facts: Facts) -> tuple[str, str]:
    """The command, and what it is good for."""
    if facts.queue == DEFAULT_QUEUE:
        return "vrooli start server", "start a worker: `vrooli start server`"
    command = f"vrooli worker --queues {facts.queue}"
    return command, f"start a worker that serves the queue: `{command}`"
