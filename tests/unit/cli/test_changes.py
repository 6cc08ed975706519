"""The sentence at the end of an `up`."""

from typing import Any

import pytest

from vrooli.cli.changes import MOST_TOLD, counted, in_words, what_changed
from vrooli.cli.kit import BroughtUp
from vrooli.stack.diff import Change, Difference, JobsDifference

NOTHING: dict[str, Any] = {"ok": True, "changed": 0}
SOMETHING: dict[str, Any] = {"ok": True, "changed": 2}
UNCHANGED = Difference((), (), (), ())
EDITED = Difference((), (), (), (), settings=("sweep",))


def brought(difference: Difference | None = UNCHANGED, **more: Any) -> BroughtUp:
    return BroughtUp(True, difference, {}, protected=True, protectable=True, **more)


@pytest.mark.parametrize(
    ("up", "last", "said"),
    [
        (brought(), NOTHING, "everything is up already; nothing was changed"),
        (brought(), SOMETHING, ""),
        (brought(stopped=("a", "b")), NOTHING, "2 services stopped"),
        (brought(stopped=("a",)), SOMETHING, "1 service stopped"),
        (brought(started=("watchdog",), again=True), NOTHING, "the watchdog was started again"),
        (
            brought(started=("keeper", "watchdog"), again=True),
            SOMETHING,
            "the keeper was started again; the watchdog was started again",
        ),
        (brought(None, started=("keeper", "watchdog")), SOMETHING, ""),
        (
            brought(None, started=("keeper", "watchdog")),
            NOTHING,
            "the keeper was started; the watchdog was started",
        ),
        (
            brought(EDITED),
            NOTHING,
            "the edit is taken on; nothing had to be started, stopped or restarted",
        ),
        (brought(stopped=("a",)), {"ok": False, "changed": 0}, ""),
    ],
)
def test_it_says_exactly_what_was_done(up: BroughtUp, last: dict[str, Any], said: str) -> None:
    assert what_changed(up, last) == said


def test_one_is_counted_as_one() -> None:
    assert [counted(n, "service") for n in (0, 1, 2)] == ["0 services", "1 service", "2 services"]


def test_an_edit_is_told_in_one_line_of_bounded_length() -> None:
    change = Difference(
        added=("new",),
        removed=("old",),
        changed=(Change("api", ("limits.tasks", "port"), restart=True),),
        unchanged=(),
        settings=("sweep",),
        jobs=JobsDifference(added=("report",)),
    )
    assert in_words(change) == (
        "api (limits.tasks, port), new is new, old is gone, job report, settings (sweep)"
    )
    many = Difference(tuple(f"n{i}" for i in range(MOST_TOLD + 3)), (), (), ())
    assert in_words(many).endswith(f"n{MOST_TOLD - 1} is new, and 3 more")
