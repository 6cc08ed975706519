"""Which restore point and which WAL lead to a moment. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from vrooli.core.errors import Damaged, UsageError
from vrooli.stack.postgres.wal.moments import Moment, told
from vrooli.stack.postgres.wal.names import (
    HISTORY,
    PARTIAL,
    SEGMENT,
    Segment,
    history_of,
    lsn_of,
    name_of,
    position,
    segment_of,
)
from vrooli.stack.postgres.wal.streams import Stream

NEXT = "`vrooli restore --dry-run` tells what can be gone back to"


@dataclass(frozen=True, slots=True)
class Base:
    """A restore point of a cluster.

    Attributes:
        id: its name.
        taken: when it was whole, Unix seconds.
        system, timeline: whose WAL goes on from it.
        start, end: positions in the WAL between which it was read.
    """

    id: str
    taken: float
    system: str
    timeline: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the way to a timeline.

    Attributes:
        begin, end: positions; no end for the last one.
    """

    timeline: int
    begin: int
    end: int | None


@dataclass(frozen=True, slots=True)
class File:
    """A file of WAL that is needed.

    Attributes:
        name: under which it is asked for.
        size: bytes.
        stream: where it is.
        partial: whether it is still being written.
    """

    name: str
    size: int
    stream: Stream
    partial: bool = False

    @property
    def stored_as(self) -> str:
        """Its name there."""
        return self.name + PARTIAL if self.partial else self.name


@dataclass(frozen=True)
class Received:
    """All that was received of one system.

    Attributes:
        streams: in the order in which they began.
        histories: content of the files that tell where a timeline left others.
        at: until when nothing is missing up to the end of a file that others follow, Unix seconds;
            by its clock: what is committed within a moment of it may be in the next one.
    """

    streams: Sequence[Stream]
    histories: Mapping[int, str]
    at: Callable[[File], float] = lambda file: file.stream.seen

    @cached_property
    def size(self) -> int:
        """Bytes of a segment."""
        return max((one.size for one in self.streams), default=0)

    def files(self, base: Base, timeline: int) -> list[File]:
        """Those from a restore point on, without a gap, as far as they go."""
        spans, size = lineage(timeline, self.histories), self.size
        found: list[File] = []
        number = base.start // size if size else 0
        while size and (file := self._file(number, spans)) is not None:
            found.append(file)
            number += 1
        return found

    def until(self, files: Sequence[File]) -> float:
        """Until when nothing is missing with the last of `files`, Unix seconds."""
        last = files[-1]
        end = max((*filter(is_segment, last.stream.files), last.stream.partial))
        return last.stream.seen if last.name == end and not last.stream.torn else self.at(last)

    def missing(self, files: Sequence[File], timeline: int) -> str:
        """What would have to follow, by its name."""
        last = segment_of(files[-1].name, self.size)
        spans = lineage(timeline, self.histories)
        line = next(
            span.timeline for span in reversed(spans) if span.begin // self.size <= last.number + 1
        )
        return name_of(Segment(last.number + 1, line), self.size)

    def beyond(self, files: Sequence[File], timeline: int) -> bool:
        """Whether there are later ones that do not follow."""
        names = {n for one in self.streams for n in (*one.files, one.partial) if is_segment(n)}
        last = segment_of(files[-1].name, self.size).number if files else -1
        # Whoever was left may have gone on further: that is another way.
        return any(
            (one := segment_of(name, self.size)).timeline == timeline and one.number > last
            for name in names
        )

    def why_after(self, at: float) -> str:
        """Why it does not go on after `at`, Unix seconds, as far as that was written down."""
        gap = next((one.gap for one in self.streams if one.gap and one.begun >= at), "")
        return f": {gap}" if gap else ""

    def _file(self, number: int, spans: Sequence[Span]) -> File | None:
        size = self.size
        for span in reversed(spans):
            # Where it was left, its own file goes on along the way that is not meant.
            ends = span.end is None or (number + 1) * size <= span.end
            if not (span.begin // size <= number and ends):
                continue
            name = name_of(Segment(number, span.timeline), size)
            # What a timeline wrote itself is whole; what the next one has of it ends where it left.
            own = sorted(self.streams, key=lambda one: one.timeline != span.timeline)
            for stream in own:
                if stream.files.get(name) == size:
                    return File(name, size, stream)
            newest = [one for one in own if one.partial == name]
            if newest:
                return File(name, size, newest[0], partial=True)
        return None


@dataclass(frozen=True, slots=True)
class Way:
    """How to get to a moment.

    Attributes:
        base: where it begins.
        timeline: along which it goes; 0 where the point alone is what there is.
        files: in their order.
        until: until when nothing is missing, Unix seconds.
        gap: name of the file that is missing, where there is later WAL, which does not follow.
        passed: to a position: until when nothing is missing of what lies before it, as far as that
            is known, Unix seconds; 0 for any other moment.
        mended: names of those that are damaged here, and come from a store.
        brought: bytes of those that are copied to where a server asks for them; links take none.
    """

    base: Base
    timeline: int = 0
    files: Sequence[File] = ()
    until: float = 0.0
    gap: str = ""
    passed: float = 0.0
    mended: Sequence[str] = ()
    brought: int = 0

    @property
    def size(self) -> int:
        """Bytes of the files."""
        return sum(file.size for file in self.files)

    @property
    def room(self) -> int:
        """Bytes that it takes to follow them: a server copies each once more."""
        return self.brought + self.size

    @property
    def end(self) -> int:
        """Position behind the last of them; of the restore point where there are none."""
        if not self.files:
            return self.base.end
        return _end_of(self.files[-1])

    def reaches(self, moment: Moment) -> bool:
        """Whether a moment may be in it. The server that follows it knows."""
        if not self.files:
            return False
        return moment.lsn < self.end if moment.kind == "lsn" else moment.time <= self.until


def lineage(timeline: int, histories: Mapping[int, str]) -> list[Span]:
    """The pieces of the way to a timeline, the first one first.

    Raises:
        Damaged: the file that tells is missing, or cannot be understood.
    """
    if timeline == 1:
        return [Span(1, 0, None)]
    try:
        rows = [line.split("\t") for line in histories[timeline].splitlines()]
        left = [(int(row[0]), position(row[1])) for row in rows if len(row) >= 2]
    except (KeyError, ValueError) as error:
        raise Damaged(
            f"the way to timeline {timeline} is not known",
            where=history_of(timeline),
            next_step="without --to, the restore point alone can be gone back to",
        ) from error
    begins = [0, *(end for _, end in left)]
    ends = [*left, (timeline, None)]
    return [Span(line, begin, end) for (line, end), begin in zip(ends, begins, strict=True)]


def way_to(moment: Moment, bases: Sequence[Base], received: Callable[[str], Received]) -> Way:
    """The shortest one.

    Args:
        moment: where to.
        bases: the oldest first, at least one.
        received: by system, what there is of its WAL.

    Raises:
        UsageError: it cannot be reached, with what can.
    """
    fitting = [base for base in bases if _is_before(base, moment)]
    if not fitting:
        first = bases[0]
        raise UsageError(
            f"it lies before the first restore point, {told(first.taken)}, LSN {lsn_of(first.end)}",
            where=first.id,
            next_step="choose a later moment",
        )
    system = fitting[-1].system
    known = received(system)
    stream = _stream_at(moment, known.streams)
    if stream is None:
        if moment.kind == "latest":
            return Way(fitting[-1], until=fitting[-1].taken)
        raise _no_wal(fitting[-1], known)
    ways = [
        _way(base, stream.timeline, known)
        for base in reversed(fitting)
        if base.system == system and _is_on(base, lineage(stream.timeline, known.histories))
    ]
    way = _first(moment, ways, fitting[-1], known)
    return replace(way, passed=_passed(way, moment.lsn, known)) if moment.kind == "lsn" else way


def _passed(way: Way, lsn: int, known: Received) -> float:
    """By the last file that ends before a position: inside of one nobody wrote times down."""
    before = [file for file in way.files if _end_of(file) <= lsn]
    return known.at(before[-1]) if before else 0.0


def _end_of(file: File) -> int:
    return (segment_of(file.name, file.size).number + 1) * file.size


def _first(moment: Moment, ways: Sequence[Way], newest: Base, known: Received) -> Way:
    """The newest point from which WAL leads there."""
    if moment.kind == "latest":
        way = next((way for way in ways if way.files), None)
        if way is None or way.files[-1].stream.seen < newest.taken:  # it is not received any more
            return Way(newest, until=newest.taken)
        return way
    found = next((way for way in ways if way.reaches(moment)), None)
    if found is not None:
        return found
    best = max((way for way in ways if way.files), key=lambda way: way.end, default=None)
    if best is None:
        raise _no_wal(newest, known)
    missing = f": {best.gap} is missing{known.why_after(best.until)}" if best.gap else ""
    raise UsageError(
        f"there is WAL without a gap up to {told(best.until)}, before LSN {lsn_of(best.end)}, and "
        f"that is earlier{missing}",
        where=best.base.id,
        next_step="choose an earlier moment, or `--to latest`",
    )


def _way(base: Base, timeline: int, known: Received) -> Way:
    files = known.files(base, timeline)
    if not files:
        return Way(base, timeline, files, base.taken)
    torn = files[-1].stream.torn or known.beyond(files, timeline)
    gap = known.missing(files, timeline) if torn else ""
    return Way(base, timeline, files, max(known.until(files), base.taken), gap)


def _is_before(base: Base, moment: Moment) -> bool:
    if moment.kind == "time":
        return base.taken <= moment.time
    return moment.kind == "latest" or base.end <= moment.lsn


def _is_on(base: Base, spans: Sequence[Span]) -> bool:
    return any(
        span.timeline == base.timeline and (span.end is None or base.end <= span.end)
        for span in spans
    )


def _stream_at(moment: Moment, streams: Sequence[Stream]) -> Stream | None:
    """What was being received then."""
    if moment.kind != "time":
        return streams[-1] if streams else None
    before = [one for one in streams if one.begun <= moment.time]
    return (before or streams)[-1 if before else 0] if streams else None


def _no_wal(base: Base, known: Received) -> UsageError:
    why = known.why_after(base.taken)
    return UsageError(
        f"no WAL was received that leads on from {base.id}, {told(base.taken)}{why}",
        where=base.id,
        next_step="that point can be restored: name it, without `--to`; `wal = true` in [backup] "
        "has WAL received from then on",
    )


def is_history(name: str) -> bool:
    """Whether a file tells where a timeline left others."""
    return HISTORY.fullmatch(name) is not None


def is_segment(name: str) -> bool:
    """Whether a file is one of WAL, and whole."""
    return SEGMENT.fullmatch(name) is not None
