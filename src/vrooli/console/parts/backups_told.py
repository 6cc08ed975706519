"""What the watchdog tells of backups, as the page shows it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vrooli.console.parts.standing import Level
from vrooli.core.amounts import length
from vrooli.core.sizes import rough_size

STATES: dict[str, tuple[str, Level]] = {
    "verified": ("verified", "ok"),
    "failed": ("proof failed", "critical"),
    "unverified": ("unverified", "unknown"),
}
"""What became of the last proof of a point: in words, and how that looks."""

_WORK = {
    "backup": "A backup is being taken",
    "proof": "A restore is being tried, for a proof or for practice",
}

_WORST: tuple[Level, ...] = ("critical", "warning")


@dataclass(frozen=True, slots=True)
class Point:
    """One restore point.

    Attributes:
        state, level: what became of its last proof.
        proved: Unix seconds; 0 when nobody looked.
        held: what held then, a line each.
        took: how long it took to take, in words.
        left_out: how many files are not in it though they were asked for, in words; empty: none.
    """

    id: str
    taken: float
    services: tuple[str, ...]
    size: str
    stored: str
    took: str
    state: str
    level: Level
    why: str
    proved: float
    held: tuple[str, ...]
    stores: tuple[str, ...]
    left_out: str = ""

    @property
    def named(self) -> str:
        """As it is chosen in a list: that knows no zone of the reader."""
        return f"{utc(self.taken)}, {', '.join(self.services)}, {self.state}"


@dataclass(frozen=True, slots=True)
class Covered:
    """What can be gone back to, of one service.

    Attributes:
        source: what took it, like `postgres-physical`.
        verified: Unix seconds of the newest point whose proof held; 0 when there is none.
        newest: of the newest one at all.
        allowed: seconds that the verified one may be old.
        old: whether it is older.
    """

    name: str
    source: str
    verified: float
    newest: float
    allowed: float
    old: bool

    @property
    def level(self) -> Level:
        """How good that is."""
        return "critical" if not self.verified else "warning" if self.old else "ok"


@dataclass(frozen=True, slots=True)
class Warned:
    """A check of backups that is not well."""

    id: str
    level: Level
    message: str


@dataclass(frozen=True, slots=True)
class Due:
    """A job of backups.

    Attributes:
        next: Unix seconds; 0 when it runs by hand alone.
        running: whether it runs now.
        wrong: why the last run failed; empty when it did not.
    """

    name: str
    next: float
    running: bool
    wrong: str


@dataclass(frozen=True, slots=True)
class Received:
    """The WAL of a service, as it is received.

    Attributes:
        words: how that is.
        level: how good.
        spans: any moment of these can be gone back to, Unix seconds.
    """

    service: str
    words: str
    level: Level
    spans: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A store.

    Attributes:
        where: its address.
        words: how many points it has.
        newest: Unix seconds of the newest of them; 0 when it has none.
        level: whether it has what the others have.
    """

    name: str
    where: str
    words: str
    newest: float
    level: Level


@dataclass(frozen=True, slots=True)
class Work:
    """What is under way.

    Attributes:
        words: what it is.
        since: Unix seconds of its beginning, about.
        far: how far it is, in words; empty where nobody knows.
        share: per cent; None where nobody knows.
    """

    words: str
    since: float
    far: str
    share: int | None


@dataclass(frozen=True, slots=True)
class PutBack:
    """The last restore of some files.

    Attributes:
        at: Unix seconds of what was begun last: it, or its undoing.
        state: `restored`, `undone`, or what is under way.
        kept: where what was there before lies now; the first of them.
        more: how many there are besides.
    """

    name: str
    point: str
    at: float
    state: str
    kept: tuple[str, ...]
    more: int

    @property
    def cut_short(self) -> bool:
        """Whether that has not come to its end: it goes on, or was cut short."""
        return self.state.endswith("ing")


@dataclass(frozen=True, slots=True)
class Backups:
    """All of it.

    Attributes:
        more: `before` of the next page of points; empty when there is none.
        failures: when, and why, of points that could not be taken.
        trouble: why this may be old.
    """

    covered: tuple[Covered, ...] = ()
    points: tuple[Point, ...] = ()
    more: str = ""
    count: int = 0
    failures: tuple[tuple[float, str], ...] = ()
    failed: int = 0
    working: tuple[Work, ...] = ()
    warned: tuple[Warned, ...] = ()
    due: tuple[Due, ...] = ()
    wal: tuple[Received, ...] = ()
    stores: tuple[Place, ...] = ()
    restored: tuple[PutBack, ...] = ()
    trouble: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever tried."""
        return not (self.count or self.failed)

    @property
    def by_itself(self) -> bool:
        """Whether a job takes them."""
        return any(one.name == "backup" for one in self.due)


def backups_of(said: Mapping[str, Any]) -> Backups:
    """The answer of `GET /backups`."""
    now = float(said["at"])
    return Backups(
        covered=tuple(_covered(row, now) for row in said["services"]),
        points=tuple(_point(row) for row in said["points"]),
        more=str(said["next"] or ""),
        count=int(said["count"]),
        failures=tuple((float(one["at"]), str(one["why"])) for one in said["failures"]),
        failed=int(said["failed"]),
        working=tuple(_work(one, now) for one in said["working"]),
        warned=tuple(_warned(said["checks"])),
        due=tuple(_due(row) for row in said["jobs"]),
        wal=tuple(_received(row, said["points"]) for row in said.get("wal") or ()),
        stores=tuple(_place(row, int(said["count"])) for row in said.get("stores") or ()),
        restored=tuple(_put_back(row) for row in said.get("restored") or ()),
        trouble=str(said["trouble"]),
    )


def verdict(said: Backups) -> tuple[Level, str]:
    """How it stands, in one sentence."""
    if said.is_empty:
        return "unknown", "Nothing was backed up yet."
    without = [one.name for one in said.covered if not one.verified]
    old = [one for one in said.covered if one.verified and one.old]
    levels = {one.level for one in said.warned}
    worst: Level = next((level for level in _WORST if level in levels), "ok")
    if not said.covered:
        return "critical", "No backup could be taken yet."
    if without:
        return "critical", f"No restore point of {listed(without)} is proven to work."
    if old:
        names = listed([one.name for one in old])
        level: Level = "critical" if worst == "critical" else "warning"
        return level, f"What can be gone back to is older than it may be: {names}."
    if worst != "ok":
        return worst, "There is something to go back to, and something wrong beside it."
    return "ok", "All that is backed up can be gone back to."


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def in_line(said: Backups) -> tuple[Level, str, float] | None:
    """What the overview says of it: how good, in words, and the time of the oldest among the
    newest verified points; None when there is nothing to say.
    """
    if said.is_empty:
        return None
    level, words = verdict(said)
    times = [one.verified for one in said.covered if one.verified]
    return level, words, min(times, default=0.0)


def utc(at: float) -> str:
    """A time where nobody knows the reader's zone."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _work(row: Mapping[str, Any], now: float) -> Work:
    what, of = str(row["what"]), str(row.get("of") or "")
    done, total = int(row.get("bytes_done") or 0), int(row.get("bytes_total") or 0)
    much, share = rough_size(done) if done else "", None
    if total >= done > 0:  # it may have been an estimate
        much, share = f"{much} of {rough_size(total)}", 100 * done // total
    since = round(now - float(row["seconds"]))
    return Work(_WORK.get(what, what), since, ": ".join(filter(None, (of, much))), share)


def _covered(row: Mapping[str, Any], now: float) -> Covered:
    verified, allowed = float(row["verified_taken"]), float(row["rpo_objective"])
    old = bool(verified) and now - verified > allowed
    name, source, newest = str(row["name"]), str(row["source"]), float(row["taken"])
    return Covered(name, source, verified, newest, allowed, old)


def _point(row: Mapping[str, Any]) -> Point:
    state, level = STATES.get(str(row["outcome"]), (str(row["outcome"]), "unknown"))
    left_out = sum((row.get("left_out") or {}).values())
    if left_out:
        state, level = f"{state}, {left_out} left out", "warning" if level == "ok" else level
    return Point(
        id=str(row["id"]),
        taken=float(row["taken"]),
        services=tuple(map(str, row["services"])),
        size=rough_size(float(row["plain"])),
        stored=rough_size(float(row["stored"])),
        took=length(max(0.0, float(row["taken"]) - float(row["begun"]))),
        state=state,
        level=level,
        why=str(row["why"]),
        proved=float(row["proved"]),
        held=tuple(map(str, row.get("checks") or ())),
        stores=tuple(map(str, row["stores"])),
        left_out=", ".join(f"{count} files of {name}" for name, count in _left_out(row)),
    )


def _left_out(row: Mapping[str, Any]) -> list[tuple[str, int]]:
    return sorted((row.get("left_out") or {}).items())


def _warned(checks: Iterable[Mapping[str, Any]]) -> Iterable[Warned]:
    for row in checks:
        result = row.get("result")
        if result and result["applicable"] and result["status"] in _WORST:
            yield Warned(str(row["id"]), result["status"], str(result["message"]))


def _due(row: Mapping[str, Any]) -> Due:
    last = row.get("last") or {}
    result = row.get("result") or {}
    wrong = str(result.get("message") or "") if result.get("status") in _WORST and last else ""
    return Due(str(row["name"]), float(row["next_due"] or 0.0), bool(row["running"]), wrong)


def _place(row: Mapping[str, Any], count: int) -> Place:
    """It lacks points that another one has where a copy to it failed, or is still to come."""
    has, lacks = int(row["points"]), int(row["lacks"])
    level: Level = "ok" if not lacks else "warning" if row["has_newest"] else "critical"
    some = f"{has} points; {lacks} of {count} are missing"
    whole = f"all {count} points" if count != 1 else "the one point there is"
    words = some if lacks else whole
    newest = float(row["newest"])
    return Place(str(row["name"]), str(row["where"]), words, newest, level if count else "unknown")


def _put_back(row: Mapping[str, Any]) -> PutBack:
    kept = tuple(str(one["kept"]) for one in row["moved"] if one["kept"])
    more = int(row["count"]) - len(row["moved"])
    name, point, state = str(row["name"]), str(row["point"]), str(row["state"])
    return PutBack(name, point, float(row["at"]), state, kept, more)


def _received(row: Mapping[str, Any], points: Iterable[Mapping[str, Any]]) -> Received:
    """Of each time without a gap the part behind the first restore point in it: what is before has
    nothing to begin at.
    """
    service, streaming = str(row["service"]), bool(row["streaming"])
    times = sorted(float(one["taken"]) for one in points if service in one["services"])
    spans = []
    for begin, end in row["spans"]:
        first = next((at for at in times if begin <= at < end), None)
        if first is not None:
            spans.append((first, float(end)))
    lag = length(max(0.0, float(row["lag_seconds"])))
    words = f"WAL is received, {lag} behind" if streaming else f"no WAL is received: {row['why']}"
    return Received(service, words, "ok" if streaming else "critical", tuple(spans))
