"""Incidents: where they begin and end, how bad they were, and what was done about them."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.autoheal.incident import incidents, with_heals
from vrooli.autoheal.pieces import Known, Piece, merged
from vrooli.autoheal.uptime import uptime

KNOWN: st.SearchStrategy[Known] = st.sampled_from(["ok", "warning", "critical", "unknown", "off"])


def line(*parts: tuple[Known, float]) -> list[Piece]:
    """Pieces of these lengths, one after the other."""
    found, at = [], 0.0
    for state, seconds in parts:
        found.append(Piece(state, at, at + seconds, f"{state} since {at:g}"))
        at += seconds
    return merged(found)


def heal(at: float, cause: str = "killed by SIGKILL", **fields: Any) -> dict[str, Any]:
    kept: dict[str, Any] = {"id": f"{at}-web", "rule": "heal", "attempts": [], "outcome": None}
    return {**kept, "detected_at": at, "cause": cause, "verified_after": None, **fields}


def test_an_incident_ends_with_the_first_good_look() -> None:
    [found] = incidents("web", line(("ok", 10), ("critical", 5), ("ok", 10)))
    assert (found.began, found.ended, found.seconds, found.worst) == (10, 15, 5, "critical")
    assert found.cause == "critical since 10"


def test_what_got_worse_is_one_incident_with_the_cause_of_the_worst() -> None:
    [found] = incidents("disk", line(("warning", 60), ("critical", 5), ("warning", 5), ("ok", 1)))
    assert (found.seconds, found.down, found.worst) == (70, 5, "critical")
    assert found.cause == "critical since 60"


def test_not_looking_ends_nothing() -> None:
    [found] = incidents("web", line(("critical", 5), ("unknown", 100), ("critical", 5), ("ok", 1)))
    assert (found.seconds, found.down, found.unknown) == (110, 10, 100)


def test_what_was_not_seen_to_end_lasts_as_long_as_it_was_seen() -> None:
    [found] = incidents("web", line(("critical", 5), ("unknown", 100)))
    assert (found.ended, found.seen, found.seconds, found.unknown) == (None, 5, 5, 0)


def test_an_operator_who_stops_it_ends_it() -> None:
    [found] = incidents("web", line(("critical", 5), ("off", 1000), ("ok", 1)))
    assert found.ended == 5


def test_the_heals_in_it_are_told_with_it() -> None:
    found = incidents("web", line(("ok", 100), ("critical", 5), ("ok", 100), ("critical", 1)))
    healed = heal(99.9, attempts=[{"action": "start"}], outcome="healed", verified_after=0.3)
    one, other = with_heals(found, [heal(50), healed])
    assert one.cause == "killed by SIGKILL"
    assert one.to_json()["heals"] == [
        {
            "id": "99.9-web",
            "at": 99.9,
            "rule": "heal",
            "action": "start",
            "outcome": "healed",
            "verified_after": 0.3,
        }
    ]
    assert other.heals == ()
    assert other.to_json()["cause"] == "critical since 205"


@given(st.lists(st.tuples(KNOWN, st.integers(1, 50)), max_size=20))
def test_incidents_hold_all_that_was_bad_and_nothing_twice(
    parts: list[tuple[Known, int]],
) -> None:
    found = line(*((state, float(seconds)) for state, seconds in parts))
    seen = incidents("web", found)
    assert sum(one.down for one in seen) == pytest.approx(uptime(found).down)
    bad = [piece for piece in found if piece.state in ("warning", "critical")]
    for piece in bad:
        assert sum(one.began <= piece.began and piece.ended <= _end(one) for one in seen) == 1
    for one in seen:
        assert one.began in {piece.began for piece in bad}
        assert one.down + one.unknown <= one.seconds + 1e-9
    for one, other in pairwise(seen):
        assert one.ended is not None
        assert one.ended < other.began


def _end(incident: Any) -> float:
    return float(incident.seen if incident.ended is None else incident.ended)
