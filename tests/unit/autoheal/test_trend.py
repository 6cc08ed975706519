"""Trends: the slope that is there, none where there is none, no forecast that nobody can make."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.autoheal.outlook import nearer, outlook
from vrooli.autoheal.trend import HORIZON, MIN_POINTS, Point, Trend, forecast, trend
from vrooli.stack.model import Thresholds

HOUR, DAY = 3600.0, 86_400.0
NOW = 1_700_000_000.0
DISK = Thresholds(warning=85.0, critical=95.0)


def line(
    level: float,
    per_day: float,
    *,
    days: float = 7.0,
    n: int = 80,
    noise: float = 0.0,
    seed: int = 0,
) -> list[Point]:
    """A line that stands at `level` now."""
    random = Random(seed)
    times = [NOW - days * DAY * (1 - i / (n - 1)) for i in range(n)]
    return [(at, level + per_day * (at - NOW) / DAY + random.gauss(0, noise)) for at in times]


@given(st.floats(-50, 50), st.floats(-5, 5).filter(lambda slope: abs(slope) > 0.01))
def test_a_line_is_found_exactly(level: float, per_day: float) -> None:
    found = trend(line(level, per_day))
    assert found.verdict == ("rising" if per_day > 0 else "falling")
    assert found.slope * DAY == pytest.approx(per_day, rel=1e-6)
    assert found.level == pytest.approx(level, abs=1e-6)
    assert found.fit == pytest.approx(1.0)


@given(st.floats(0.5, 5), st.integers(0, 1000))
def test_a_quarter_of_outliers_changes_little(per_day: float, seed: int) -> None:
    points = line(50.0, per_day, noise=0.05, seed=seed)
    random = Random(seed)
    for index in random.sample(range(len(points) - 5), len(points) // 4):
        points[index] = (points[index][0], random.uniform(-1000, 1000))
    assert trend(points).slope * DAY == pytest.approx(per_day, rel=0.35)


@pytest.mark.parametrize("n", [MIN_POINTS, 30, 90])
def test_noise_is_no_direction(n: int) -> None:
    """But for the few that look like one by chance: 3 in 100."""
    found = [trend(line(80.0, 0.0, n=n, noise=5.0, seed=seed)) for seed in range(200)]
    wrong = [one for one in found if one.verdict not in ("steady", "unclear")]
    assert len(wrong) <= 6
    for one in found:
        if one not in wrong:
            assert forecast(one, "critical", 95.0, ascending=True, now=NOW) is None


@given(st.floats(-1e3, 1e3), st.floats(0.1, 100), st.integers(0, 100))
def test_another_unit_or_another_zero_is_the_same_trend(
    shift: float, scale: float, seed: int
) -> None:
    points = line(50.0, 3.0, noise=1.0, seed=seed)
    one, other = trend(points), trend([(at, shift + scale * value) for at, value in points])
    assert other.slope == pytest.approx(scale * one.slope, rel=1e-6)
    assert other.verdict == one.verdict
    assert one.low <= one.slope <= one.high


def test_saw_teeth_have_no_direction() -> None:
    teeth = [(NOW - DAY * (1 - i / 79), 50.0 + 20 * ((i % 16) / 16)) for i in range(80)]
    assert trend(teeth).verdict in ("steady", "unclear")


def test_a_step_is_no_trend() -> None:
    step = [(NOW - DAY * (1 - i / 79), 50.0 if i < 40 else 60.0) for i in range(80)]
    assert forecast(trend(step), "critical", 95.0, ascending=True, now=NOW) is None


def test_a_constant_is_steady() -> None:
    assert trend(line(42.0, 0.0)).verdict == "steady"


@pytest.mark.parametrize(
    "points", [[], line(50, 1, n=2), line(50, 1, n=MIN_POINTS - 1), line(50, 99, days=0.02)]
)
def test_too_little_is_no_trend(points: list[Point]) -> None:
    found = trend(points)
    assert found.verdict == "too-short"
    assert forecast(found, "critical", 95.0, ascending=True, now=NOW) is None
    assert found.to_json()["slope_per_day"] is None


@given(st.floats(10, 94), st.floats(1, 30))
def test_the_forecast_of_a_line_is_where_it_cuts_the_limit(level: float, per_day: float) -> None:
    found = forecast(trend(line(level, per_day)), "critical", 95.0, ascending=True, now=NOW)
    seconds = (95.0 - level) / per_day * DAY
    if seconds > HORIZON * 7 * DAY * 1.001:
        assert found is None
    elif seconds < HORIZON * 7 * DAY * 0.999:
        assert found is not None
        assert found.seconds == pytest.approx(seconds, rel=1e-3, abs=1.0)


@given(st.floats(12, 60), st.floats(1, 5))
def test_a_limit_may_lie_below(level: float, per_day: float) -> None:
    found = forecast(trend(line(level, -per_day)), "critical", 10.0, ascending=False, now=NOW)
    if (level - 10) / per_day < HORIZON * 7 * 0.999:
        assert found is not None
        assert found.seconds == pytest.approx((level - 10) / per_day * DAY, rel=1e-3, abs=1.0)
    away = forecast(trend(line(level, per_day)), "critical", 10.0, ascending=False, now=NOW)
    assert away is None


@given(st.floats(50, 90), st.floats(1, 10), st.integers(0, 500))
def test_the_truth_lies_between_the_earliest_and_the_latest_mostly(
    level: float, per_day: float, seed: int
) -> None:
    found = forecast(
        trend(line(level, per_day, noise=0.3, seed=seed)), "critical", 95.0, ascending=True, now=NOW
    )
    if found is not None:
        assert found.earliest <= found.seconds
        assert found.latest is None or found.latest >= found.seconds
        assert found.seconds == pytest.approx((95 - level) / per_day * DAY, rel=0.4, abs=DAY)


def test_time_since_the_last_point_counts_and_an_old_one_says_nothing() -> None:
    rising = trend(line(50.0, 9.0))
    late = forecast(rising, "critical", 95.0, ascending=True, now=NOW + DAY)
    assert late is not None
    assert late.seconds == pytest.approx(4 * DAY, rel=1e-3)
    assert forecast(rising, "critical", 95.0, ascending=True, now=NOW + 3 * DAY) is None


def test_words_say_when_it_is_full() -> None:
    found = outlook(trend(line(68.0, 10.0)), "%", DISK, NOW)
    assert found.words == "warning (85 %) in 41 h, critical (95 %) in 2.7 days, full in 3.2 days"
    assert [f["limit"] for f in found.to_json(NOW)["forecasts"]] == ["warning", "critical", "full"]


def test_words_of_what_is_reached_name_the_worst_of_it() -> None:
    assert outlook(trend(line(96.0, 0.0)), "%", DISK, NOW).words == "critical (95 %) now"
    reached = outlook(trend(line(90.0, 5.0)), "%", DISK, NOW)
    assert reached.words == "warning (85 %) now, critical (95 %) in 24 h, full in 2.0 days"


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (line(50.0, 0.0), "steady"),
        (line(50.0, 0.1), "rising"),
        (line(50.0, -3.0), "falling"),
        ([], "too little data for a trend"),
    ],
)
def test_words_where_no_limit_is_near(points: list[Point], words: str) -> None:
    assert outlook(trend(points), "%", DISK, NOW).words == words


def test_a_check_without_limits_has_no_forecast_and_one_that_falls_is_not_full() -> None:
    assert outlook(trend(line(50.0, 9.0)), "ms", None, NOW).forecasts == ()
    days_left = Thresholds(warning=21.0, critical=7.0)
    assert outlook(trend(line(30.0, -1.0)), "days", days_left, NOW).words == (
        "warning (21 days) in 9.0 days, critical (7 days) in 23 days"
    )


def test_what_fills_fast_is_seen_although_the_week_was_quiet() -> None:
    week = outlook(trend(line(60.0, 0.0)), "%", DISK, NOW)
    hours = outlook(trend(line(60.0, 24 * 5.0, days=0.25)), "%", DISK, NOW)
    assert nearer(week, hours) is hours
    assert nearer(week, week) is week
    slower = outlook(trend(line(60.0, 1.5)), "%", DISK, NOW)
    assert nearer(hours, slower) is hours


def test_a_trend_is_json() -> None:
    found = trend(line(50.0, 2.0)).to_json()
    assert found["slope_per_day"] == pytest.approx(2.0)
    assert math.isfinite(found["slope_low"])
    assert Trend("too-short").to_json()["began"] is None
