"""What the end of a process means for a run."""

import signal

import pytest

from vrooli.autoheal.jobs.run import Now, Outcome, Run
from vrooli.core.identity import Identity
from vrooli.core.launch import Exit, Launch

RUN = Run("id", "schedule", 0.0, Now(500.0, 100.0, "one"))
LAUNCH = Launch("l", "job:a", Identity("one", 7, 7), "id", 500.0)


def ended(code: int | None, number: int | None = None, after: float = 2.0) -> Exit:
    """An exit so many seconds after the run began."""
    return Exit(1, LAUNCH, code, number, 500.0 + after, 100.0 + after)


@pytest.mark.parametrize(
    ("exit_", "stopped", "outcome", "reason"),
    [
        (ended(0), False, Outcome.OK, ""),
        (ended(0), True, Outcome.OK, ""),
        (ended(0, after=70), False, Outcome.OK, ""),
        (ended(3), False, Outcome.FAILED, "exited with code 3"),
        (ended(None, signal.SIGKILL), False, Outcome.FAILED, "killed by signal 9"),
        (
            ended(None, signal.SIGTERM, after=60),
            False,
            Outcome.TIMEOUT,
            "took too long; killed by signal 15",
        ),
        (ended(None, signal.SIGTERM), True, Outcome.STOPPED, "stopped by an operator"),
        (ended(None), False, Outcome.LOST, "it is gone, and nobody saw how it ended"),
    ],
)
def test_the_outcome_of_an_exit(exit_: Exit, stopped: bool, outcome: Outcome, reason: str) -> None:
    over = RUN.exited(exit_, 60.0, stopped=stopped)
    assert (over.outcome, over.reason) == (outcome, reason)
    assert (over.code, over.signal) == (exit_.code, exit_.signal)


def test_how_long_it_took_is_only_told_when_somebody_saw_its_end() -> None:
    assert RUN.exited(ended(0), 60.0).seconds == 2.0
    assert RUN.exited(ended(None), 60.0).seconds is None


def test_its_words_are_a_line() -> None:
    assert RUN.words == "started (schedule)"
    assert RUN.exited(ended(3), 60.0).words == "failed after 2 s: exited with code 3"


def test_what_is_kept_is_read_back() -> None:
    for run in (RUN, RUN.exited(ended(3), 60.0)):
        assert Run.from_json(run.to_json()) == run
