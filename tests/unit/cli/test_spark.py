"""Sparklines: a row of values in a row of blocks."""

from hypothesis import given
from hypothesis import strategies as st

from vrooli.cli.spark import BLOCKS, sparkline

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200)


def test_a_rise_looks_like_one() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8) == BLOCKS
    assert sparkline([3, 1, 3], 8) == "█▁█"


def test_what_does_not_move_is_a_flat_line() -> None:
    assert sparkline([5, 5, 5], 8) == "▄▄▄"
    assert sparkline([], 8) == ""


@given(VALUES, st.integers(1, 80))
def test_it_fits_and_shows_the_extremes(values: list[float], width: int) -> None:
    shown = sparkline(values, width)
    assert len(shown) == min(len(values), width)
    assert set(shown) <= set(BLOCKS)
    if len(values) <= width and max(values) > min(values):
        assert shown[values.index(max(values))] == BLOCKS[-1]
        assert shown[values.index(min(values))] == BLOCKS[0]
