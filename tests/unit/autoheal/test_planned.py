"""What an operator works on is not down, and what fails afterwards is."""

from typing import Any

from vrooli.autoheal.pieces import Piece, Span
from vrooli.autoheal.planned import EVERYTHING, SETTLE, without_work, worked_on
from vrooli.autoheal.record import Entry


def event(at: float, what: str, **data: Any) -> Entry:
    return Entry(int(at), "boot", at, "event", "operator", "", None, {"what": what, **data})


def told(pieces: list[Piece]) -> list[tuple[str, float, float]]:
    return [(piece.state, piece.began, piece.ended) for piece in pieces]


def test_an_operation_lasts_from_its_first_event_to_its_last() -> None:
    events = [
        event(10, "restart", names=["web"]),
        event(12, "done", action="restart", names=["db", "web"], ok=True),
        event(50, "stop", names=["web"]),
        event(51, "done", action="stop", names=["web"], ok=True),
    ]
    assert worked_on(events, 100) == {"db": [Span(10, 12)], "web": [Span(10, 12), Span(50, 51)]}


def test_an_operation_that_was_cut_off_excuses_nothing() -> None:
    assert worked_on([event(10, "start", names=["web"])], 100) == {}
    assert worked_on([event(12, "done", names=["web"])], 100) == {}
    twice = [
        event(10, "up", names=["a"]),
        event(90, "up", names=["a"]),
        event(92, "done", names="a"),
    ]
    assert worked_on(twice, 100) == {"a": [Span(90, 92)]}


def test_it_is_excused_until_the_first_good_look_after() -> None:
    pieces = [Piece("ok", 0, 10), Piece("critical", 10, 13), Piece("ok", 13, 100)]
    assert told(without_work(pieces, [Span(10, 12)])) == [
        ("ok", 0, 10),
        ("off", 10, 13),
        ("ok", 13, 100),
    ]


def test_what_is_still_down_long_after_the_operation_is_down_from_its_end_on() -> None:
    pieces = [Piece("ok", 0, 10), Piece("critical", 10, 13 + SETTLE), Piece("ok", 50, 100)]
    assert told(without_work(pieces, [Span(10, 12)]))[1:3] == [
        ("off", 10, 12),
        ("critical", 12, 13 + SETTLE),
    ]


def test_a_failure_right_after_an_operation_is_a_failure() -> None:
    pieces = [Piece("ok", 0, 14), Piece("critical", 14, 16), Piece("ok", 16, 100)]
    assert told(without_work(pieces, [Span(10, 12)])) == told(pieces)


def maintenance(at: float, what: str, *names: str, until: float = 90.0) -> Entry:
    data = {"what": f"maintenance {what}", "window": "w1", "names": names, "until": until}
    return Entry(int(at), "boot", at, "event", ",".join(names) or "everything", "", None, data)


def test_maintenance_is_planned_until_it_ends_or_was_to_end() -> None:
    began = maintenance(10, "began", "web", "db")
    both = {"db": [Span(10, 50)], "web": [Span(10, 50)]}
    assert worked_on([began, maintenance(50, "ended", "web", "db")], 200) == both
    late = maintenance(95, "ended", "web", "db")  # no watchdog ran when its time was over
    assert worked_on([began, late], 200)["web"] == [Span(10, 90)]
    assert worked_on([began], 40)["web"] == [Span(10, 40)]
    assert worked_on([began], 200)["web"] == [Span(10, 90)]
    assert worked_on([maintenance(10, "began")], 40) == {EVERYTHING: [Span(10, 40)]}
    assert worked_on([maintenance(50, "ended", "web")], 200) == {}
