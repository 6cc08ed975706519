"""The breaker: much that fails at once has one cause."""

from hypothesis import given
from hypothesis import strategies as st

from vrooli.autoheal.breaker import LEAST, common_cause
from vrooli.stack.model import AutohealSettings

USUAL = AutohealSettings()


def test_more_than_two_in_five_open_it() -> None:
    assert "5 of 10" in common_cause(5, 10, USUAL)
    assert not common_cause(4, 10, USUAL)


def test_a_small_stack_may_fail_as_a_whole() -> None:
    assert not common_cause(3, 3, USUAL)


@given(st.integers(0, 100), st.integers(0, 100))
def test_it_never_opens_for_few_and_always_for_most(failing: int, others: int) -> None:
    is_open = bool(common_cause(failing, failing + others, USUAL))
    assert is_open == (failing >= LEAST and failing > 0.4 * (failing + others))
