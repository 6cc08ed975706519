"""Pieces: every moment of a window has one state, and time that nobody saw is unknown."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.autoheal.pieces import Piece, Span, clipped, dark, excused, pieces
from vrooli.autoheal.stretch import GRACE, State, Stretch
from vrooli.autoheal.uptime import Uptime, percents, uptime

WINDOW = Span(0.0, 1000.0)
STATES: st.SearchStrategy[State] = st.sampled_from(
    ["ok", "warning", "critical", "unknown", "starting", "off"]
)
TIMES = st.integers(-500, 1500).map(float)
STRETCHES = st.lists(
    st.builds(
        lambda state, began, length, every: Stretch(state, began, began + length, every),
        STATES,
        TIMES,
        st.integers(0, 400).map(float),
        st.sampled_from([0.0, 10.0, 100.0]),
    ),
    max_size=12,
)
SPANS = st.lists(st.tuples(TIMES, TIMES).map(lambda ends: Span(min(ends), max(ends))), max_size=6)


def told(found: list[Piece]) -> list[tuple[str, float, float]]:
    return [(piece.state, piece.began, piece.ended) for piece in found]


def tiles(found: list[Piece], window: Span = WINDOW) -> bool:
    """Whether they cover the window, in order, each moment once."""
    ends = [window.began, *(piece.ended for piece in found)]
    begins = [*(piece.began for piece in found), window.ended]
    lasting = all(piece.ended > piece.began for piece in found)
    return begins == ends and lasting and all(a.state != b.state for a, b in pairwise(found))


def test_a_state_holds_until_the_next_one_begins() -> None:
    found = pieces([Stretch("ok", 0, 500), Stretch("critical", 530, 1000)], WINDOW)
    assert told(found) == [("ok", 0, 530), ("critical", 530, 1000)]


def test_a_gap_is_unknown_from_the_last_look_on() -> None:
    found = pieces([Stretch("ok", 0, 300), Stretch("ok", 300 + GRACE + 1, 1000)], WINDOW)
    assert told(found) == [("ok", 0, 300), ("unknown", 300, 391), ("ok", 391, 1000)]


def test_what_nobody_looked_at_is_unknown() -> None:
    assert told(pieces([], WINDOW)) == [("unknown", 0, 1000)]
    assert told(pieces([Stretch("ok", 0, 10)], WINDOW)) == [("ok", 0, 10), ("unknown", 10, 1000)]


def test_starting_after_it_served_is_down_and_after_a_stop_it_is_not() -> None:
    after_ok = [Stretch("ok", 0, 400), Stretch("starting", 400, 480), Stretch("ok", 480, 1000)]
    after_off = [Stretch("off", 0, 400), Stretch("starting", 400, 480), Stretch("ok", 480, 1000)]
    assert told(pieces(after_ok, WINDOW))[1] == ("critical", 400, 480)
    assert told(pieces(after_off, WINDOW)) == [("off", 0, 480), ("ok", 480, 1000)]
    at_first = [Stretch("starting", 0, 480), Stretch("ok", 480, 1000)]
    assert told(pieces(at_first, WINDOW))[0] == ("unknown", 0, 480)


def test_time_without_a_watchdog_is_unknown_however_seldom_a_check_looks() -> None:
    daily = pieces([Stretch("ok", 0, 0, 86_400), Stretch("ok", 990, 990, 86_400)], WINDOW)
    assert told(daily) == [("ok", 0, 1000)]
    watchdog = pieces([Stretch("ok", 0, 200, 10), Stretch("ok", 700, 1000, 10)], WINDOW)
    assert told(dark(daily, watchdog)) == [("ok", 0, 200), ("unknown", 200, 700), ("ok", 700, 1000)]


def test_what_does_not_serve_while_an_operator_works_on_it_is_not_down() -> None:
    found = pieces([Stretch("ok", 0, 100), Stretch("critical", 100, 180)], WINDOW)
    assert told(excused(found, [Span(50, 150)])) == [
        ("ok", 0, 100),
        ("off", 100, 150),
        ("critical", 150, 180),
        ("unknown", 180, 1000),
    ]


@given(STRETCHES, SPANS)
def test_every_moment_of_the_window_has_one_state(
    stretches: list[Stretch], spans: list[Span]
) -> None:
    found = pieces(stretches, WINDOW)
    assert tiles(found)
    assert tiles(excused(found, spans))
    assert tiles(dark(found, pieces(stretches[:3], WINDOW)))
    for result in (found, excused(found, spans)):
        assert uptime(result).total == pytest.approx(WINDOW.seconds)


@given(STRETCHES, SPANS, st.integers(0, 999))
def test_an_excuse_takes_away_downtime_and_nothing_else(
    stretches: list[Stretch], spans: list[Span], at: int
) -> None:
    def state(found: list[Piece]) -> str:
        moment = at + 0.5
        return next(p.state for p in found if p.began <= moment < p.ended)

    before = pieces(stretches, WINDOW)
    after = excused(before, spans)
    inside = any(span.began <= at < span.ended for span in spans)
    expected = "off" if inside and state(before) in ("critical", "unknown") else state(before)
    assert state(after) == expected
    assert uptime(after).up == pytest.approx(uptime(before).up)


@given(STRETCHES, st.integers(0, 1000))
def test_a_window_cut_in_two_adds_up(stretches: list[Stretch], middle: int) -> None:
    found = pieces(stretches, WINDOW)
    parts = [uptime(clipped(found, s)) for s in (Span(0, middle), Span(middle, 1000))]
    whole = uptime(found)
    for name in ("up", "down", "unknown", "off", "warning"):
        assert sum(getattr(p, name) for p in parts) == pytest.approx(getattr(whole, name))


@given(
    st.lists(st.tuples(st.sampled_from(["ok", "critical"]), st.integers(1, 200)), min_size=1),
    st.floats(1, GRACE),
)
def test_uptime_is_that_of_the_truth_however_often_one_looks(
    truth: list[tuple[State, int]], every: float
) -> None:
    """Looks at every change and every `every` seconds between give the seconds of the truth."""
    at = 0.0
    stretches = []
    for state, seconds in truth:
        looks = int(seconds // every)
        stretches.append(Stretch(state, at, at + min(seconds - 0.5, looks * every), every))
        at += seconds
    seen = uptime(pieces(stretches, Span(0.0, at)))
    assert seen.up == pytest.approx(sum(s for state, s in truth if state == "ok"))
    assert seen.down == pytest.approx(sum(s for state, s in truth if state == "critical"))


def test_percent_counts_neither_unknown_nor_off() -> None:
    assert Uptime(up=3, down=1, unknown=1000, off=1000).percent == 75
    assert Uptime(unknown=10, off=10).percent is None
    assert Uptime(up=5).percent == 100


@given(st.floats(0, 1e9), st.floats(1e-3, 1e9))
def test_any_downtime_is_less_than_a_hundred_percent(up: float, down: float) -> None:
    share = Uptime(up=up, down=down).to_json()["percent"]
    assert 0 <= share < 100


def test_parts_of_a_window_have_their_own_percent() -> None:
    found = pieces([Stretch("ok", 0, 400), Stretch("critical", 400, 525)], Span(0.0, 525.0))
    assert percents(found, Span(0.0, 600.0), 6) == [100.0, 100.0, 100.0, 100.0, 0.0, 0.0]
    assert percents(found, Span(0.0, 1000.0), 2) == [80.0, 0.0]
    assert percents(found, Span(-1000.0, 1000.0), 2) == [None, 76.1904]


@given(STRETCHES, st.integers(1, 30))
def test_parts_add_up_to_the_whole(found: list[Stretch], parts: int) -> None:
    lived = pieces(found, WINDOW)
    whole, each = uptime(lived), percents(lived, WINDOW, parts)
    assert len(each) == parts
    assert all(one is None for one in each) == (whole.percent is None)
    assert all(one in (None, 100.0) for one in each) == (whole.down == 0)
