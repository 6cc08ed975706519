"""What a run may come to."""

from vrooli.execution.runs.ending import LARGEST, bounded
from vrooli.flow.entries import Failure
from vrooli.flow.interpreter import Broken, Done


def test_an_output_that_nobody_could_take_is_a_failure() -> None:
    fits = Done("x" * (LARGEST - 2))
    assert bounded(fits) is fits
    found = bounded(Done("x" * LARGEST))
    assert isinstance(found, Broken)
    assert (found.failure.kind, found.failure.where) == ("output", "output")


def test_a_failure_stays_what_it_is() -> None:
    failed = Broken(Failure("timeout", "no end"))
    assert bounded(failed) is failed
