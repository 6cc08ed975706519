"""What models say just now: within the bounds of a notice, and put together again by `from`."""

import json
from typing import Any

import pytest

from vrooli.execution.live.texts import LARGEST, LONGEST, _Answer, understood
from vrooli.execution.saying import Place

PLACE = Place("run-1", "answer/model[1]", 2)


def piece(answer: _Answer) -> dict[str, Any]:
    said = answer.piece(PLACE)
    assert len(said.encode()) <= LARGEST
    found: dict[str, Any] = json.loads(said)
    return found


def test_pieces_follow_each_other() -> None:
    answer = _Answer()
    answer.more("Once ")
    answer.more("upon")
    where = {"run": "run-1", "kind": "model.text", "path": "answer/model[1]", "attempt": 2}
    assert piece(answer) == {**where, "from": 0, "text": "Once upon"}
    answer.more(" a time")
    assert piece(answer) == {**where, "from": 9, "text": " a time"}


def test_of_what_comes_too_fast_the_end_is_told() -> None:
    answer = _Answer()
    answer.more("a" * 1000)
    answer.more("b" * LONGEST)
    told = piece(answer)
    assert (told["from"], told["text"]) == (1000, "b" * LONGEST)
    answer.more("c")
    assert piece(answer)["from"] == 1000 + LONGEST


@pytest.mark.parametrize("letter", ["\x01", "\0", "€", "😀", '"', "\ud800"])
def test_what_is_larger_than_its_characters_fits_as_well(letter: str) -> None:
    answer = _Answer()
    answer.more(letter * LONGEST)
    told = piece(answer)
    assert told["from"] + len(told["text"]) == LONGEST


def test_a_notice_is_taken_apart_again() -> None:
    said = json.dumps({"text": "with some words"})
    assert understood(f"host:1:ab 3f2a {said}") == ("host:1:ab", "3f2a", said)
