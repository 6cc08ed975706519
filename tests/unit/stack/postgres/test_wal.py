"""Which WAL leads to a moment, and where the receiver goes on: decided without a server."""

from dataclasses import replace

import pytest

from vrooli.core.errors import UsageError
from vrooli.stack.postgres.wal.choosing import Base, Received, lineage, way_to
from vrooli.stack.postgres.wal.following import PATIENCE, SETTLED, Facts, Place, place, waiting
from vrooli.stack.postgres.wal.moments import Moment, moment
from vrooli.stack.postgres.wal.names import Segment, lsn_of, name_of, position, segment_of
from vrooli.stack.postgres.wal.streams import Stream

MIB16 = 16 * 1024 * 1024


def _names(timeline: int, first: int, last: int) -> dict[str, int]:
    return {name_of(Segment(n, timeline), MIB16): MIB16 for n in range(first, last + 1)}


def _stream(name: str, first: int, last: int, begun: float, seen: float) -> Stream:
    """Whole segments, and the next one that is being written."""
    timeline = int(name[:8], 16)
    partial = name_of(Segment(last + 1, timeline), MIB16)
    return Stream(name, begun, seen, "", _names(timeline, first, last), partial, MIB16)


def _base(id: str, taken: float, segment: int, timeline: int = 1) -> Base:
    start = segment * MIB16 + 40
    return Base(id, taken, "1", timeline, start, start + 500)


# Timeline 2 left timeline 1 in segment 5, at 200 seconds.
ONE = _stream("00000001", 2, 7, begun=10.0, seen=190.0)
TWO = _stream("00000002", 5, 8, begun=200.0, seen=300.0)
BOTH = Received((ONE, TWO), {2: f"1\t{lsn_of(5 * MIB16 + 100)}\tno recovery target\n"})
FIRST, SECOND = _base("first", 20.0, 3), _base("second", 100.0, 6)


def test_a_position_and_a_name_are_read_as_they_are_written() -> None:
    assert lsn_of(position("1A/2B3C4D5E")) == "1A/2B3C4D5E"
    name = "0000000A0000001B000000FF"
    assert name_of(segment_of(name, MIB16), MIB16) == name
    assert segment_of(name, MIB16) == Segment(0x1B * 256 + 0xFF, 10)


def test_the_way_to_a_moment_goes_along_the_timeline_that_was_in_force_then() -> None:
    early = way_to(Moment("time", time=150.0), [FIRST, SECOND], lambda _: BOTH)
    assert (early.base.id, early.timeline, early.until) == ("second", 1, 190.0)
    # The second point was taken after the other timeline had left.
    late = way_to(Moment("time", time=250.0), [FIRST, SECOND], lambda _: BOTH)
    assert (late.base.id, late.timeline, late.gap) == ("first", 2, "")
    assert [file.name[:8] for file in late.files] == ["00000001"] * 2 + ["00000002"] * 5
    assert late.files[-1].partial
    assert not late.gap
    # The newest point is one of what was left.
    latest = way_to(Moment("latest"), [FIRST, SECOND], lambda _: BOTH)
    assert (latest.base.id, latest.timeline) == ("first", 2)
    newer = _base("newer", 400.0, 9, timeline=2)
    assert not way_to(Moment("latest"), [FIRST, newer], lambda _: BOTH).files
    position = Moment("lsn", lsn=FIRST.end)
    assert way_to(position, [FIRST, SECOND], lambda _: BOTH).base.id == "first"


def test_a_position_is_as_old_as_the_last_file_before_it() -> None:
    known = replace(BOTH, at=lambda file: float(segment_of(file.name, MIB16).number))
    inside = Moment("lsn", lsn=7 * MIB16 + 5)
    assert way_to(inside, [FIRST], lambda _: known).passed == 6.0
    assert way_to(Moment("lsn", lsn=FIRST.end), [FIRST], lambda _: known).passed == 0.0
    assert way_to(Moment("latest"), [FIRST], lambda _: known).passed == 0.0


def test_what_cannot_be_reached_is_refused_with_what_can() -> None:
    with pytest.raises(UsageError, match="before the first restore point"):
        way_to(Moment("time", time=5.0), [FIRST], lambda _: BOTH)
    with pytest.raises(UsageError, match="without a gap up to"):
        way_to(Moment("time", time=301.0), [FIRST], lambda _: BOTH)
    with pytest.raises(UsageError, match="no WAL was received"):
        way_to(Moment("time", time=150.0), [SECOND], lambda _: Received((), {}))
    assert not way_to(Moment("latest"), [SECOND], lambda _: Received((), {})).files


FIVE = name_of(Segment(5, 1), MIB16)


@pytest.mark.parametrize("size", [None, MIB16 - 1])
def test_a_file_that_is_missing_or_cut_ends_the_way(size: int | None) -> None:
    files = {name: n for name, n in ONE.files.items() if name != FIVE}
    cut = {FIVE: size} if size is not None else {}
    torn = Received((replace(ONE, files=files | cut),), {}, at=lambda _: 60.0)
    way = way_to(Moment("latest"), [FIRST], lambda _: torn)
    assert (len(way.files), way.gap, way.until) == (2, FIVE, 60.0)
    assert way_to(Moment("time", time=59.0), [FIRST], lambda _: torn).files
    for behind in (Moment("time", time=61.0), Moment("lsn", lsn=5 * MIB16)):
        with pytest.raises(UsageError, match=f"{FIVE} is missing"):
            way_to(behind, [FIRST], lambda _: torn)


def test_what_a_timeline_that_was_left_has_behind_that_is_no_part_of_the_way() -> None:
    two = {name: size for name, size in TWO.files.items() if not name.endswith("5")}
    left = replace(BOTH, streams=(ONE, replace(TWO, files=two)))
    way = way_to(Moment("latest"), [FIRST], lambda _: left)
    assert ([file.name[-1] for file in way.files], way.gap) == (["3", "4"], TWO.name + FIVE[8:])


def test_a_lineage_is_read_from_the_history() -> None:
    spans = lineage(3, {3: "1\t0/5000028\tx\n\n2\t0/7000000\ty\n"})
    assert [(span.timeline, span.begin, span.end) for span in spans] == [
        (1, 0, 0x5000028),
        (2, 0x5000028, 0x7000000),
        (3, 0x7000000, None),
    ]


@pytest.mark.parametrize("text", ["2026-11-28 11:52", "2026-11-28T11:52:00+05:30", "0/5000028"])
def test_a_moment_is_read_as_people_write_it(text: str) -> None:
    found = moment(text, 2e9)
    assert moment(found.text, 2e9) == found


def test_what_is_no_moment_is_refused() -> None:
    for text in ("yesterday", "0/", "2026-13-01", "5", "9999-01-01", "1/2/3"):
        with pytest.raises(UsageError):
            moment(text, 1.8e9)
    noon = moment("12:00", 1.8e9).time
    assert 1.8e9 - 86_400 < noon <= 1.8e9
    assert moment("9:05", 1.8e9).time <= 1.8e9


FACTS = Facts("1", "00000001", MIB16, 8 * MIB16 + 10, started=5.0, waits=False, slot="reserved")


def test_the_receiver_goes_on_where_it_was_while_the_server_has_what_follows() -> None:
    kept = set(_names(1, 7, 8))
    assert place(FACTS, [ONE], kept, 400.0).stream == "00000001"
    assert place(FACTS, [], kept, 400.0).begun == 400.0
    later = replace(FACTS, timeline="00000002")
    assert (place(later, [ONE], kept, 400.0).stream, place(later, [ONE], kept, 400.0).begun) == (
        "00000002",
        5.0,
    )


def test_a_gap_begins_another_folder() -> None:
    removed = place(replace(FACTS, written=20 * MIB16), [ONE], set(_names(1, 15, 20)), 400.0)
    assert (removed.stream, "removed WAL" in removed.gap) == ("00000001-2", True)
    lost = place(replace(FACTS, slot="lost"), [ONE], set(_names(1, 7, 8)), 400.0)
    assert lost.stream == "00000001-2"
    back = place(replace(FACTS, written=6 * MIB16), [ONE], set(_names(1, 5, 6)), 400.0)
    assert "went back" in back.gap
    again = replace(ONE, name="00000001-9")
    assert place(replace(FACTS, slot="lost"), [ONE, again], set(), 1.0).stream == "00000001-10"


@pytest.mark.parametrize("slot", ["", "lost"])
def test_a_slot_that_is_lost_while_its_folder_is_empty_leaves_a_gap(slot: str) -> None:
    """What it held was shipped, or its disk was full: nothing here says how far it went."""
    lost, kept = replace(FACTS, slot=slot), set(_names(1, 7, 8))
    shipped = Stream("00000001", begun=10.0, seen=190.0)
    assert place(FACTS, [shipped], kept, 400.0) == Place("00000001")
    found = place(lost, [shipped], kept, 400.0)
    assert (found.stream, found.begun, "slot was lost" in found.gap) == ("00000001-2", 400.0, True)
    # Nothing was ever received into it: asked again and again, it makes no folder after the other.
    unused = Stream("00000001-2", begun=300.0, seen=300.0, gap="why")
    again = place(lost, [shipped, unused], kept, 400.0)
    assert (again.stream, again.begun, "slot was lost" in again.gap) == ("00000001-2", 400.0, True)
    later = place(replace(lost, timeline="00000002"), [ONE], kept, 400.0)
    assert (later.stream, later.begun, bool(later.gap)) == ("00000002", 400.0, True)


def test_what_lies_behind_a_gap_is_refused_with_the_reason() -> None:
    shipped = replace(ONE, partial="", partial_size=0)
    behind = replace(_stream("00000001-2", 12, 13, begun=400.0, seen=500.0), gap="it was lost")
    known = Received((shipped, behind), {})
    between = _base("between", 300.0, 10)
    # The one before the gap does not lead to all that the newest point has.
    assert way_to(Moment("latest"), [FIRST, between], lambda _: known).base.id == "between"
    with pytest.raises(UsageError, match="is missing: it was lost"):
        way_to(Moment("time", time=450.0), [FIRST, between], lambda _: known)
    with pytest.raises(UsageError, match=r"leads on from between, .*: it was lost"):
        way_to(Moment("time", time=450.0), [between], lambda _: known)


def test_commits_wait_for_a_receiver_that_is_there_and_for_no_other() -> None:
    waits = replace(FACTS, waits=True)
    assert waiting(waits, True, 0.0, PATIENCE) == "suspend"
    assert waiting(waits, True, 0.0, PATIENCE / 2) is None
    assert waiting(FACTS, True, SETTLED, 0.0) == "resume"
    assert waiting(FACTS, True, SETTLED / 2, 0.0) is None
    assert waiting(waits, False, 100.0, 0.0) == "suspend"
    assert waiting(FACTS, False, 100.0, 0.0) is None
