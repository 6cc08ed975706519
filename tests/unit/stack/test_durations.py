"""Durations as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.stack.durations import (
    LONGEST,
    format_duration,
    parse_ago,
    parse_duration,
    rough_duration,
)

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("500ms", 0.5),
        ("5s", 5),
        ("2m", 120),
        ("1h", 3600),
        ("1.5s", 1.5),
        ("7d", 604_800),
        (0.5, 0.5),
        (30, 30),
    ],
)
def test_each_way_to_write_a_duration_gives_seconds(written: float | str, seconds: float) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    "written",
    [
        "",
        "5",
        "5 s",
        "s",
        "-1s",
        "1m30s",
        "1w",
        "1d12h",
        "1e3s",
        "٣s",
        "5s\n",
        -1,
        float("nan"),
        "9" * 50 + "s",
    ],
)
def test_what_is_no_duration_is_refused_in_plain_words(written: float | str) -> None:
    with pytest.raises(ValueError, match="expected a number of seconds"):
        parse_duration(written)


@pytest.mark.parametrize("written", [LONGEST + 1, "169h", "11000m", "7.1d"])
def test_more_than_a_week_is_refused(written: float | str) -> None:
    with pytest.raises(ValueError, match="a week"):
        parse_duration(written)


@given(st.integers(0, 7), st.sampled_from(sorted(UNITS)))
def test_a_number_and_a_unit_multiply(count: int, unit: str) -> None:
    assert parse_duration(f"{count}{unit}") == pytest.approx(count * UNITS[unit])


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(604_800, "7d"), (90_000, "25h"), (5400, "90m"), (0.25, "250ms"), (0.0001, "0.0001s")],
)
def test_it_is_written_in_the_largest_unit_that_says_it_exactly(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(1, int(LONGEST) * 1000))
def test_what_is_formatted_is_read_back(milliseconds: int) -> None:
    seconds = milliseconds / 1000
    assert parse_duration(format_duration(seconds)) == pytest.approx(seconds, rel=1e-5)


@given(st.one_of(st.text(max_size=60), st.floats(), st.integers()))
def test_anything_else_is_a_value_error_or_within_bounds(written: float | str) -> None:
    try:
        seconds = parse_duration(written)
    except ValueError:
        return
    assert 0 <= seconds <= LONGEST


@pytest.mark.parametrize(
    ("written", "seconds"), [("24h", 86_400), ("7d", 604_800), ("1.5d", 129_600), ("90m", 5400)]
)
def test_one_may_look_back_for_days(written: str, seconds: float) -> None:
    assert parse_ago(written) == seconds


@pytest.mark.parametrize("written", ["", "7", "d", "-1d", "7 d", "1w", "1d12h", "1e3d", "9" * 60])
def test_what_is_no_way_to_look_back_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_ago(written)


def test_nothing_is_kept_for_more_than_ten_years() -> None:
    with pytest.raises(ValueError, match="ten years"):
        parse_ago("4000d")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.31, "0.3 s"),
        (12.4, "12 s"),
        (119, "119 s"),
        (2400, "40 min"),
        (5.5 * 3600, "5.5 h"),
        (47 * 3600, "47 h"),
        (3.2 * 86_400, "3.2 days"),
        (28 * 86_400, "28 days"),
    ],
)
def test_people_read_one_unit(seconds: float, words: str) -> None:
    assert rough_duration(seconds) == words
