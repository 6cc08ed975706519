"""All that the reason depends on why a run is where it is."""

from dataclasses import dataclass


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
        kind: of that failure; empty where there was none.
        failure: the same for a person.
        below: id of the run that it started; empty where it starts none.
        signal: for which it waits; empty where it waits for none.
        data: what that carries, as the routine uses it; empty where it does not.
    """

    path: str
    type: str
    since: float | None = None
    again_at: float | None = None
    due: float | None = None
    kind: str = ""
    failure: str = ""
    below: str = ""
    signal: str = ""
    data: str = ""


@dataclass(frozen=True, slots=True)
class Over:
    """The limit that keeps a run from going on.

    Attributes:
        run: whose it is: the run, or one that it is a part of; or the user whose month it is.
        enough: by kind (`cost`, `tokens`, `steps`, `time`) a limit with which it may go on; empty
            where it may by now.
        monthly: whether it is the budget of a user.
    """

    run: str
    enough: tuple[tuple[str, float], ...]
    monthly: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one run; times are unix seconds.

    Attributes:
        run: id.
        status: of the run.
        created_at: when it was made.
        ended_at: None while it has not ended.
        moved_at: when something of it was last written down.
        stands_since: when it came to its status; None where no event told.
        stands_by: who brought it there; `budget` for a limit, empty where nobody did.
        stands_why: the reason that was given.
        owner: who works on it.
        lease_until: when it may be taken over, or one that waits or paused goes on by itself.
        queue: which processes may take it.
        workers: processes that hold runs with a lease that lasts.
        serving: those of them that hold runs of its queue.
        unreadable: why this server cannot read its routine; empty when it can.
        unread: why the last process that tried to take it could not.
        failure: why it failed, `reason (kind)`; empty when it did not.
        kind: of its failure.
        retryable: whether the same may succeed later.
        over: the limit that it came to; None where it is not known.
        undecided: steps whose effect a person has to decide about.
        open: steps under way.
        ended: how steps ended that did, by path, and when.
        kept: signals that no step has taken: names and how many.
    """

    run: str
    status: str
    created_at: float
    ended_at: float | None = None
    moved_at: float | None = None
    stands_since: float | None = None
    stands_by: str = ""
    stands_why: str = ""
    owner: str | None = None
    lease_until: float | None = None
    queue: str = "default"
    workers: int = 0
    serving: int = 0
    unreadable: str = ""
    unread: str = ""
    failure: str = ""
    kind: str = ""
    retryable: bool = False
    over: Over | None = None
    undecided: tuple[str, ...] = ()
    open: tuple[Open, ...] = ()
    ended: tuple[tuple[str, str, float], ...] = ()
    kept: tuple[tuple[str, int], ...] = ()
