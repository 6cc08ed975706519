"""What pages, their ends and digests say. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vrooli.autoheal.heal import Heal
from vrooli.autoheal.paging import Verdict
from vrooli.autoheal.policy import FLAPPING
from vrooli.notify.incident import Incident
from vrooli.notify.message import Severity
from vrooli.notify.pages import Alert

SHOWN = 20
"""Names listed in a page; more are counted."""

Words = tuple[str, str]
"""Title and body."""


@dataclass(frozen=True, slots=True)
class Where:
    """Names for people, so that they know which of their hosts it is.

    Attributes:
        stack: its name.
        host: the host's.
    """

    stack: str
    host: str

    def titled(self, text: str) -> str:
        """`text` as a title."""
        return f"[{self.stack}@{self.host}] {text}"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a page about a service tells.

    Attributes:
        name: the service.
        critical: whether the whole stack is critical without it.
        cause: what is wrong.
        verdict: why a person is needed.
        needed_by: services that cannot be well without it; they do not page for it.
        heal: the latest heal of it, if any.
    """

    name: str
    critical: bool
    cause: str
    verdict: Verdict
    needed_by: Sequence[str] = ()
    heal: Heal | None = None


def service_page(trouble: Trouble, where: Where) -> Alert:
    """The page about a service. What it wrote to its log stays on this host: a channel is somebody
    else's.
    """
    head = _first_line(trouble.cause)
    flaps, reason = trouble.verdict.rule == "flapping", _first_line(trouble.verdict.reason)
    head = reason if flaps else head
    lines = [f"What: {head}", f"Not healed: {FLAPPING if flaps else reason}"]
    if trouble.heal is not None and trouble.heal.attempts:
        lines.append(f"Tried: {_attempts(trouble.heal)}")
    if trouble.needed_by:
        lines.append(f"Needed by: {listed(trouble.needed_by)}")
    lines += [f"Look: vrooli logs {trouble.name}", f"Say that you are at it: {_ack(trouble.name)}"]
    severity = Severity.CRITICAL if trouble.critical else Severity.WARNING
    title = where.titled(f"{trouble.name} {'flaps' if flaps else 'fails'}: {head}")
    return Alert(trouble.name, severity, title, "\n".join(lines))


def check_page(check: str, title: str, verdict: Verdict, where: Where) -> Alert:
    """The page about a check of the machine; `title` is what it looks at."""
    lines = [title, _first_line(verdict.reason), f"Say that you are at it: {_ack(check)}"]
    how = "flaps" if verdict.rule == "flapping" else "is critical"
    head = where.titled(f"{check} {how}: {_first_line(verdict.reason)}")
    return Alert(check, Severity.CRITICAL, head, "\n".join(lines))


def blind_page(subject: str, check: str, verdict: Verdict, where: Where) -> Alert:
    """The page about a check of one's own that finds nothing out."""
    why = _first_line(verdict.reason)
    lines = [
        f"It watches nothing: {why}",
        f"Look: vrooli-autoheal history {check}",
        f"Say that you are at it: {_ack(subject)}",
    ]
    title = where.titled(f"{check} cannot be looked at: {why}")
    return Alert(subject, Severity.WARNING, title, "\n".join(lines))


def host_page(subject: str, verdict: Verdict, failing: Sequence[str], where: Where) -> Alert:
    """One page for all that is not healed for a reason that is not its own."""
    lines = [
        f"Nothing more is healed: {verdict.reason}",
        f"Failing: {listed(failing)}",
        "Look: vrooli-autoheal plan",
        f"Say that you are at it: {_ack(subject)}",
    ]
    title = where.titled(f"{len(failing)} services fail: {verdict.reason}")
    return Alert(subject, Severity.CRITICAL, title, "\n".join(lines))


def chronic_page(subject: str, name: str, times: int, where: Where) -> Alert:
    """The page about a service that is healed again and again."""
    lines = [
        "Each of these heals worked, and yet there are too many: the cause is still there.",
        f"Look: vrooli logs {name}",
        f"Say that you are at it: {_ack(subject)}",
    ]
    title = where.titled(f"{name} was healed {times} times in 24 hours")
    return Alert(subject, Severity.WARNING, title, "\n".join(lines))


def over(incident: Incident, verdict: Verdict, at: float, where: Where) -> Words:
    """The end of an incident. `at` is Unix seconds."""
    took = duration(at - incident.opened_at)
    if verdict.rule == "well":
        title = f"RESOLVED: {incident.subject} is well again after {took}"
    else:
        title = f"RESOLVED: {incident.subject}: {verdict.reason}, after {took}"
    lines = [f"It was: {incident.title}", _first_line(verdict.reason)]
    if incident.acknowledged is not None:
        lines.append(f"{incident.acknowledged.by} was at it")
    return where.titled(title), "\n".join(line for line in lines if line)


def duration(seconds: float) -> str:
    """About how long, for people."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def listed(names: Iterable[str]) -> str:
    """Names for a sentence, not too many."""
    found = sorted(names)
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return ", ".join(found[:SHOWN]) + more


def _attempts(heal: Heal) -> str:
    tried = [f"{one.action} ({_first_line(one.error) or 'done'})" for one in heal.attempts]
    return f"{', '.join(tried)}: {heal.outcome or 'in flight'}"


def _ack(subject: str) -> str:
    return f"vrooli-autoheal notify ack {subject}"


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text.strip() else ""
