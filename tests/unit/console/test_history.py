"""The past of a check, as a line and in words."""

from typing import Any

import pytest

from vrooli.console.parts.chart import options
from vrooli.console.parts.history import (
    BANDS,
    History,
    Mark,
    Point,
    bands,
    in_words,
    limits_in_words,
    line,
    range_of,
    read_history,
    read_marks,
    since_when,
)


def history(*points: Point, unit: str = "ms", **summary: Any) -> History:
    return History(0.0, 600.0, unit, points, summary, "raw", False)


def entry(kind: str, subject: str, at: float, status: str, **data: Any) -> dict[str, Any]:
    words = f"now {status}"
    said = {"kind": kind, "subject": subject, "at": at, "status": status, "words": words}
    return {**said, "data": data}


def test_rows_become_points_oldest_first_whatever_they_stand_for() -> None:
    raw = {"at": 20.0, "status": "ok", "value": 1.5, "message": "fine"}
    hour = {"at": 10.0, "status": "warning", "min": 1.0, "mean": 2.0, "max": 3.0}
    told = {"since": 0, "until": 30, "unit": "ms", "step": "hour", "rows": [raw, hour]}
    read = read_history({**told, "summary": {}, "next": 5})
    assert read.points == (Point(10.0, "warning", 2.0), Point(20.0, "ok", 1.5, "fine"))
    assert read.cut


def test_a_line_is_interrupted_where_nobody_looked() -> None:
    points = [Point(at, "ok", 1.0) for at in (0.0, 5.0, 10.0, 100.0)]
    drawn = line(points)
    assert drawn == [(0, 1.0), (5000, 1.0), (10_000, 1.0), (15_000, None), (100_000, 1.0)]


def test_looks_that_came_quicker_while_it_failed_make_no_gap_of_the_usual_ones() -> None:
    quick = [Point(0.2 * n, "critical", None, every=2.0) for n in range(20)]
    usual = [Point(4.0 + 2 * n, "ok", 1.0, every=2.0) for n in range(10)]
    away = Point(90.0, "ok", 1.0, every=2.0)
    drawn = line([*quick, *usual, away])
    assert [at for at, value in drawn if value is None and at > 4000] == [24_000]


def test_each_heal_is_marked_once_where_it_was_noticed() -> None:
    entries = [
        entry("heal", "web", 9.0, "healed", id="a", detected_at=4.0),
        entry("heal", "web", 5.0, "in flight", id="a", detected_at=4.0),
        entry("transition", "scenario-web", 3.0, "critical"),
        entry("event", "web", 2.0, "heal"),
        entry("transition", "other", 1.0, "critical"),
    ]
    marks = read_marks(entries, ("web", "scenario-web"))
    assert [(one.at, one.kind) for one in marks] == [(3.0, "critical"), (4.0, "heal")]


def test_since_when_is_the_last_change_to_what_it_is_now() -> None:
    entries = [
        entry("transition", "web", 5.0, "running"),
        entry("transition", "web", 1.0, "failed"),
    ]
    assert since_when(entries, "web", "running") == 5.0
    assert since_when(entries, "web", "failed") is None, "it has changed since"
    assert since_when([], "web", "running") is None


def test_the_words_say_what_the_chart_shows() -> None:
    seen = history(
        Point(0.0, "ok", 10.0),
        Point(5.0, "critical", None),
        Point(9.0, "ok", 20.0),
        percent=99.999,
        incidents=1,
        longest_incident_seconds=0.8,
    )
    said = " ".join(in_words(seen, [Mark(5.0, "heal", "healed")], "1h"))
    assert "up 99.99 % of the time that was looked at, 1 incident, the longest 0.8 s" in said
    assert "last 20 ms, between 10 ms and 20 ms, 15 ms on average" in said
    assert "1 heal, no changes of state" in said


def test_limits_are_told_with_their_side() -> None:
    assert limits_in_words({"warning": 85, "critical": 95}, "%") == (
        "warning at 85 % or more, critical at 95 % or more"
    )
    assert "critical at 7 days or less" in limits_in_words({"warning": 21, "critical": 7}, "days")
    assert limits_in_words(None, "%") == ""


def test_states_without_numbers_are_told_by_the_worst_of_each_part() -> None:
    parts = bands(history(Point(0.0, "ok", None), Point(1.0, "critical", None)))
    assert parts == ["critical", *["unknown"] * (BANDS - 1)]


@pytest.mark.parametrize(("said", "meant"), [("7d", "7d"), ("<b>", "1h"), ("", "1h")])
def test_only_known_ranges_are_taken(said: str, meant: str) -> None:
    assert range_of({"since": said}) == meant


def test_the_axis_reaches_the_limits_that_are_near() -> None:
    seen = history(Point(0.0, "ok", 72.0), unit="%")
    near = options(seen, [], {"warning": 85.0, "critical": 95.0})["yAxis"][0]
    far = options(seen, [], {"warning": 8500.0, "critical": 9500.0})["yAxis"][0]
    assert (near["max"], far.get("max")) == (100.0, None)


def test_nothing_in_the_options_of_the_chart_is_run_or_rendered() -> None:
    seen = history(Point(0.0, "ok", 1.0), unit="<img src=x>")
    drawn = options(seen, [Mark(1.0, "heal", "<script>")], {"warning": 1, "critical": 2})
    assert drawn["tooltip"]["renderMode"] == "richText"

    def keys(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [*value, *(key for one in value.values() for key in keys(one))]
        return [key for one in value for key in keys(one)] if isinstance(value, list) else []

    assert not [key for key in keys(drawn) if key.startswith(":")]
