"""Uptime and trends, as the console shows them."""

from typing import Any

import pytest

from vrooli.console.parts.outlook import HEIGHT, WIDTH, going, served

DAY = 86_400.0


def window(share: float | None, **more: Any) -> dict[str, Any]:
    """One of `GET /uptime`."""
    return {"since": 0.0, "until": DAY, "percent": share, "unknown_seconds": 0.0, **more}


def trend(slope: float | None, forecasts: Any = (), points: Any = None) -> dict[str, Any]:
    """One of `GET /trends`: from 40 to 50 within a day."""
    measured_points = [[n * DAY / 10, 40.0 + n] for n in range(11)] if points is None else points
    line = {"verdict": "rising", "level": 50.0, "slope_per_day": slope}
    return {
        "check": "infra-disk",
        "unit": "%",
        "words": "full in 5 days",
        "trend": line,
        "forecasts": list(forecasts),
        "points": measured_points,
    }


def test_the_service_that_was_down_the_most_comes_first() -> None:
    checks: list[dict[str, Any]] = [
        {"check": "infra-disk", "service": None, "windows": [window(50.0, down_seconds=9e9)]},
        {"check": "scenario-a", "service": "a", "windows": [window(100.0, down_seconds=0.0)]},
        {
            "check": "scenario-b",
            "service": "b",
            "windows": [
                window(99.5, down_seconds=60.0, incidents=2, longest_incident_seconds=45.0),
                window(None, down_seconds=0.0, unknown_seconds=DAY),
            ],
        },
    ]
    found = served(checks)
    assert [one.name for one in found] == ["b", "a"]
    first, second = found[0].shares
    assert (first.percent, first.tone, first.incidents, first.longest) == (
        "99.50 %", "warning", 2, "45 s",
    )  # fmt: skip
    assert (second.percent, second.tone, second.known) == ("", "unknown", "")


def test_a_share_says_how_much_of_the_time_is_known() -> None:
    [one] = served(
        [
            {
                "check": "scenario-a",
                "service": "a",
                "windows": [window(100.0, down_seconds=0.0, unknown_seconds=DAY - 7200)],
            }
        ]
    )
    assert one.shares[0].known == "known for 2 h"


def test_a_forecast_is_drawn_to_its_limit() -> None:
    full = {"limit": "full", "value": 60.0, "at": 2 * DAY, "seconds": DAY}
    later = {"limit": "later", "value": 90.0, "at": 5 * DAY, "seconds": 4 * DAY}
    [one] = going([trend(10.0, [later, full])])
    assert (one.foreseen, one.level, one.per_day) == (True, "50 %", "+10 % a day")
    assert one.chart is not None
    # Half of the way is history; the line begins at the lower left and ends at the upper right.
    assert one.chart.line == f"M3.0 {HEIGHT - 3:.1f} L{WIDTH / 2:.1f} {HEIGHT / 2:.1f}"
    assert one.chart.ahead == f"M{WIDTH / 2:.1f} {HEIGHT / 2:.1f} L{WIDTH - 3:.1f} 3.0"
    assert one.chart.limit == f"M3.0 3.0 L{WIDTH - 3:.1f} 3.0"
    assert one.chart.limit_words == "full at 60 %"
    assert one.chart.words == "infra-disk, the last 24 h: between 40 % and 50 %"


def test_what_is_far_away_is_drawn_as_far_again_as_the_history() -> None:
    far = {"limit": "full", "value": 90.0, "at": 5 * DAY, "seconds": 4 * DAY}
    [one] = going([trend(10.0, [far])])
    assert one.chart is not None
    assert one.chart.line.split("L")[1].startswith(f"{WIDTH / 2:.1f} ")


@pytest.mark.parametrize("points", [[], [[1, 2.0]], [[1, 2.0], [1, 3.0]]])
def test_a_point_makes_no_chart(points: list[Any]) -> None:
    [one] = going([trend(None, points=points)])
    assert (one.chart, one.per_day, one.foreseen) == (None, "", False)


def test_what_never_moves_is_drawn_in_the_middle() -> None:
    [one] = going([trend(None, points=[[0, 5.0], [9, 5.0]])])
    assert one.chart is not None
    assert one.chart.history == f"M3.0 {HEIGHT / 2:.1f} L{WIDTH - 3:.1f} {HEIGHT / 2:.1f}"
