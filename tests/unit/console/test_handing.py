"""Whom an approval is asked of, in words."""

from typing import Any

from vrooli.client.approval_texts import LONGEST, named, place_said, risk_said, title_said
from vrooli.console.parts import away
from vrooli.console.parts.deciding import decided_said
from vrooli.console.parts.handing import asked_said, may_take_back, move_said


def move(by: str, to: str, *, back: bool = False) -> dict[str, Any]:
    return {"by": by, "to": to, "back": back, "because": "", "at": 0.0}


MOVES = [move("ann", "bob"), move("bob", "carl"), move("carl", "bob", back=True)]
ONE = {
    "status": "pending",
    "created_by": "ann",
    "asked_of": "bob",
    "delegates": ["bob"],
    "delegations": MOVES,
}


def test_who_looks_is_you() -> None:
    assert asked_said(ONE, "bob") == "Asked of you by ann"
    assert asked_said(ONE, "ann") == "Asked of bob by you"
    assert asked_said({**ONE, "status": "approved"}, "zoe") == "Was asked of bob by ann"
    assert [move_said(one, "bob") for one in (*MOVES, move("ann", "ann", back=True))] == [
        "ann handed it on to you",
        "you handed it on to carl",
        "carl gave it back to you",
        "ann took it back",
    ]


def test_what_was_never_handed_on_says_nothing() -> None:
    """Nor what came back to the owner, nor what a server of before tells."""
    came_back: dict[str, Any] = {"delegates": []}
    for more in (came_back, {}):
        own = {"status": "pending", "asked_of": "ann", **more}
        assert asked_said(own, "ann") == ""
        assert not may_take_back(own, "ann")


def test_it_is_taken_back_from_whoever_is_asked() -> None:
    assert may_take_back(ONE, "ann")
    assert not may_take_back(ONE, "bob")


def test_who_decided_in_whose_place() -> None:
    one = {"status": "approved", "decided_by": "bob", "decided_for": "ann", "reason": "fine"}
    assert decided_said(one) == "approved by bob in the place of ann: fine"
    late = {"status": "expired", "decided_by": None, "reason": ""}
    assert decided_said(late) == "expired: the time to decide is over"
    assert decided_said({**late, "status": "void"}) == "void: its run has ended"


def test_a_question_names_the_swarm_that_it_is_for() -> None:
    one = {"path": "gate", "run": "ab"}
    assert place_said({**one, "swarm": "cd"}) == "step gate of run ab for swarm cd"
    assert place_said({**one, "swarm": None}) == place_said(one) == "step gate of run ab"


def test_a_question_is_named_by_its_title_and_its_risk() -> None:
    one = {"path": "gate", "run": "ab", "message": "May it\n  go?", "what": {"risk": "changing"}}
    assert (named(one), risk_said(one)) == ("May it go? (step gate of run ab)", "changing")
    assert title_said({**one, "message": ""}) == "May this go on?"
    assert len(title_said({**one, "message": "x" * 500})) == LONGEST
    assert [risk_said({"what": what}) for what in (None, "text", {}, {"risk": 3})] == [""] * 4


def test_who_is_away_is_told_who_is_asked_what() -> None:
    rules = [{"person": name, "to": "bob", "risk": "changing"} for name in ("zoe", "ann")]
    assert away.rule_of(rules, "ann") is rules[1]
    assert away.rule_of(rules, "bob") is None
    assert away.asked_said(rules[1]).endswith("where its risk is changing at most.")
    assert (
        away.asked_said({**rules[1], "risk": "dangerous"}) == "bob is asked all that your runs ask."
    )
