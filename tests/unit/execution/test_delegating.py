"""Who is asked, and who may hand that on to whom."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.core.errors import Refused
from vrooli.execution.approvals.delegating import ME, MOST, Asked, Move, hand_on


def moved(line: str, by: str, to: str, *, admin: bool = False, handed: int = 0) -> Move | None:
    """Of a question of ann's that was handed on to those whose names begin so."""
    return hand_on(Asked("ann", tuple(line), handed), by, to, everything=admin)


@pytest.mark.parametrize(
    ("line", "by", "to", "expected"),
    [
        ("", "ann", "b", Move(("b",), "b", back=False)),
        ("b", "b", "c", Move(("b", "c"), "c", back=False)),
        ("b", "ann", "c", Move(("c",), "c", back=False)),
        ("bc", "b", "d", Move(("b", "d"), "d", back=False)),
        ("bc", "ann", ME, Move((), "ann", back=True)),
        ("bc", "ann", "ann", Move((), "ann", back=True)),
        ("bc", "ann", "b", Move(("b",), "b", back=True)),
        ("bc", "b", ME, Move(("b",), "b", back=True)),
        ("bc", "c", "b", Move(("b",), "b", back=True)),
        ("bc", "c", "ann", Move((), "ann", back=True)),
    ],
)
def test_whoever_is_asked_stands_behind_the_one_who_asks(
    line: str, by: str, to: str, expected: Move
) -> None:
    assert moved(line, by, to) == expected


@pytest.mark.parametrize(
    ("line", "by", "to", "whom"),
    [
        ("", "ann", ME, "you"),
        ("", "ann", "ann", "you"),
        ("b", "ann", "b", "b"),
        ("b", "b", "b", "you"),
        ("b", "b", ME, "you"),
    ],
)
def test_what_changes_nothing_is_refused(line: str, by: str, to: str, whom: str) -> None:
    with pytest.raises(Refused, match=f"it is asked of {whom} already"):
        moved(line, by, to)


def test_who_is_not_asked_has_no_say_and_an_admin_acts_in_the_owners_place() -> None:
    assert moved("b", "x", "c") is moved("", "x", ME) is None
    assert moved("b", "x", "c", admin=True) == Move(("c",), "c", back=False)
    assert moved("b", "x", ME, admin=True) == Move((), "ann", back=True)
    assert moved("xb", "x", "c", admin=True) == Move(("x", "c"), "c", back=False)


def test_it_is_handed_on_so_often_and_always_taken_back() -> None:
    assert moved("b", "b", "c", handed=MOST - 1) is not None
    with pytest.raises(Refused, match="handed on 10 times"):
        moved("b", "b", "c", handed=MOST)
    assert moved("bc", "ann", ME, handed=MOST) == Move((), "ann", back=True)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["a", "b", "c", "d", ME]))))
def test_nobody_stands_in_it_twice_nor_behind_somebody_who_did_not_ask(moves: list[Any]) -> None:
    asked, before = Asked("a"), 0
    for by, to in moves:
        try:
            move = hand_on(asked, by, to, everything=False)
        except Refused:
            continue
        if move is None:
            assert by not in ("a", *asked.line)
            continue
        assert len({"a", *move.line}) == 1 + len(move.line)
        assert move.to == Asked("a", move.line).of
        before += not move.back
        assert before <= MOST
        asked = Asked("a", move.line, before)
