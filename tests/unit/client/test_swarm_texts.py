"""What is written on a swarm, as text."""

from typing import Any

import pytest

from vrooli.client.swarm_texts import (
    as_shown,
    changed_policy,
    difference,
    documents,
    is_large,
    written,
)
from vrooli.core.errors import UsageError


def test_a_difference_is_told_by_lines_whatever_the_order_of_keys() -> None:
    older, newer = {"b": "ü", "a": [1, 2]}, {"a": [1, 3], "b": "ü"}
    assert difference(older, newer) == [
        "@@ -1,7 +1,7 @@",
        " {",
        '   "a": [',
        "     1,",
        "-    2",
        "+    3",
        "   ],",
        '   "b": "ü"',
        " }",
    ]
    assert difference({"a": 1, "b": 2}, {"b": 2, "a": 1}) == []
    assert written({"b": "ü"}) == '{\n  "b": "ü"\n}'


def test_what_is_shown_of_a_plan_or_a_policy_can_be_written_again() -> None:
    raw: list[dict[str, Any]] = [{"task": "a", "routine": "r", "tries": 3}, {"task": "b"}]
    stands = {"status": "done", "tries": 1, "after": ["b"], "output": 1, "cost": 0.0}
    plan = {"version": 4, "by": "ann", "value": raw, "tasks": [{**one, **stands} for one in raw]}
    policy = {"version": 2, "by": "swarm", "value": {"width": 1}}
    whole = {"id": "run", "swarm": {"plan": plan, "policy": policy}}
    for said in (plan, whole, {key: plan[key] for key in plan if key != "tasks"}):
        assert as_shown("plan", said) == (raw, 4)
    assert as_shown("policy", whole) == as_shown("policy", policy) == ({"width": 1}, 2)
    for name, other in (("plan", raw), ("policy", {"width": 1}), ("board.x", policy), ("plan", 1)):
        assert as_shown(name, other) is None
    plan["tasks"] = [{"task": "c", "routine": "r"}]
    with pytest.raises(UsageError, match="`tasks` only tells how they stand"):
        as_shown("plan", plan)


def test_all_documents_are_named_with_their_newest_version() -> None:
    board = {"z": {"version": 2, "by": "run"}, "a": {"version": 1, "by": "ann"}}
    swarm = {
        "plan": {"version": 3, "by": "ann"},
        "policy": {"version": 1, "by": "swarm"},
        "board": board,
    }
    assert documents(swarm) == [
        ("plan", 3, "ann"),
        ("policy", 1, "swarm"),
        ("board.a", 1, "ann"),
        ("board.z", 2, "run"),
    ]
    assert is_large({"$artifact": {"sha256": "0"}})
    assert not is_large("$artifact")


def test_of_a_policy_only_what_is_named_is_changed() -> None:
    before = {"width": 4, "approve": ["changing", "dangerous"], "deadline": "2h"}
    assert changed_policy(before, {"width": 1}) == {**before, "width": 1}
    after = changed_policy(before, {"approve": None})
    assert after == {"width": 4, "deadline": "2h"}
