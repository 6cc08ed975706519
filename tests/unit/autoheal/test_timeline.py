"""The words of the timeline: one line for whatever is written down."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.autoheal.record import Entry
from vrooli.autoheal.timeline import happening, words

TRIED = [{"action": "restart", "at": 1.0, "error": ""}]
FAILED = [{"action": "restart", "at": 1.0, "error": "exited with code 1\nmore"}]


def entry(kind: str, subject: str = "web", status: str = "", **data: Any) -> Entry:
    return Entry(7, "boot", 1.0, kind, subject, status, None, data)


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        ("transition", {"from": "ok", "to": "critical", "why": "gone"}, "ok -> critical: gone"),
        ("transition", {"from": "ok", "to": "critical", "why": ""}, "ok -> critical"),
        ("heal", {"cause": "gone", "attempts": []}, "heal begins: gone"),
        ("heal", {"cause": "gone", "attempts": TRIED}, "restart: done"),
        ("heal", {"cause": "gone", "attempts": FAILED}, "restart: exited with code 1"),
        (
            "heal",
            {"attempts": TRIED, "verified_after": 0.314},
            "passes again after 0.31 s, watched for stability",
        ),
        ("heal", {"attempts": TRIED, "outcome": "healed", "note": ""}, "healed"),
        ("heal", {"outcome": "refused", "reason": "disk full"}, "refused: disk full"),
        ("heal", {"outcome": "relapsed", "note": "again"}, "relapsed: again"),
        ("event", {"what": "chronic", "why": "5 times"}, "chronic: 5 times"),
        ("event", {"message": "old results were deleted"}, "old results were deleted"),
        ("event", {"what": "maintenance ended", "by": "ada"}, "maintenance ended, by ada"),
        (
            "event",
            {"what": "decision", "verdict": "wait", "rule": "backoff", "reason": "4 times"},
            "decision: wait, by rule backoff: 4 times",
        ),
    ],
)
def test_each_kind_of_record_has_its_words(kind: str, data: dict[str, Any], said: str) -> None:
    assert words(entry(kind, **data)) == said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"what": "restart", "names": ["shop", "web"]}, "restart shop, web"),
        ({"what": "done", "action": "restart", "ok": True}, "restart: done"),
        ({"what": "done", "action": "up", "ok": False}, "up: failed"),
    ],
)
def test_operations_have_their_words(data: dict[str, Any], said: str) -> None:
    assert words(entry("event", "operator", **data)) == said


def test_a_row_leaves_out_what_a_replay_needs() -> None:
    found = happening(entry("event", what="decision", verdict="heal", case={"much": 1}))
    assert found["data"] == {"what": "decision", "verdict": "heal"}
    assert (found["seq"], found["status"]) == (7, None)


@given(
    st.sampled_from(["transition", "heal", "event"]),
    st.dictionaries(
        st.sampled_from(["what", "why", "message", "cause", "note", "from", "to", "outcome"]),
        st.text(max_size=20),
    ),
)
def test_whatever_is_written_down_is_one_line(kind: str, data: dict[str, str]) -> None:
    assert "\n" not in words(entry(kind, **data))
