"""Every number has its unit, and is said in one way on all pages."""

import pytest

from vrooli.console.parts.numbers import measured, percent
from vrooli.core.amounts import DAY, dollars, length


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.0, "0 s"),
        (0.019, "19 ms"),
        (0.0997, "0.1 s"),
        (0.4, "0.4 s"),
        (5.0, "5 s"),
        (9.96, "10 s"),
        (61, "61 s"),
        (600, "10 min"),
        (7200, "2 h"),
        (7500, "2 h 5 min"),
        (3.2 * DAY, "3.2 d"),
    ],
)
def test_a_length_has_a_unit(seconds: float | None, text: str) -> None:
    assert length(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "$0"), (0.5, "$0.50"), (1234.0, "$1,234.00"), (0.0123, "$0.0123"), (1e-6, "$0.000001")],
)
def test_money_is_exact_to_the_millionth(amount: float, text: str) -> None:
    assert dollars(amount) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (100.0, "100 %"),
        (99.9999, "99.99 %"),
        (0.0, "0.00 %"),
        (98.765, "98.76 %"),
        (None, "no data"),
    ],
)
def test_a_percent_is_never_better_than_it_was(value: float | None, text: str) -> None:
    assert percent(value) == text


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (measured(None, "ms"), "-"),
        (measured(None, "ms", ""), ""),
        (measured(1234567.0, "B"), "1,234,567 B"),
        (measured(0.12345, "%"), "0.12 %"),
        (measured(85.24, "%"), "85.2 %"),
        (measured(3.0, ""), "3"),
        (measured(0.0, "ms"), "0 ms"),
    ],
)
def test_a_value_has_its_unit(said: str, words: str) -> None:
    assert said == words
