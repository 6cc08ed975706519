"""A copy that does not hold what its source held is never taken for one that does."""

from typing import Any

import pytest

from vrooli.stack.postgres.comparing import NOT_READ, by_content, compared, is_unread


def _source(**tables: list[Any]) -> dict[str, Any]:
    return {"left_out": 2, "hashed_by": 18, "in": {"db": tables}}


def _copy(**tables: list[Any]) -> dict[str, Any]:
    return {"in": {"db": {"tables": tables}}}


def test_tables_are_equal_by_content_or_by_number() -> None:
    source = _source(a=[3, "7", "m", "m"], b=[5, None, "m", "m"], empty=[0, None, "m", "m"])
    found = compared(source, _copy(a=[3, "7"], b=[5, "9"], empty=[0, None], new=[1, "1"]), {}, 18)
    assert (found.by_content, found.by_number, found.rows) == (2, 1, 8)
    assert (found.written, found.wrong, found.left_out) == ([], [], 2)
    assert "3 tables hold what the source held" in found.lines()[0]


@pytest.mark.parametrize(
    ("held", "said"),
    [([3, "8"], "another content"), ([2, "7"], "2 in the copy"), (None, "not in the copy")],
)
def test_what_differs_and_was_not_written_to_is_wrong(held: list[Any] | None, said: str) -> None:
    copy = _copy(a=held) if held else _copy()
    found = compared(_source(a=[3, "7", "m", "m"]), copy, {"db": {"a": "m"}}, 18)
    assert (len(found.wrong), found.written, found.by_content) == (1, [], 0)
    assert said in found.wrong[0]


@pytest.mark.parametrize(("after", "now"), [("m2", "m2"), ("m", "m2")])
def test_what_was_written_to_meanwhile_is_said(after: str, now: str) -> None:
    found = compared(_source(a=[3, "7", "m", after]), _copy(a=[2, "5"]), {"db": {"a": now}}, 18)
    assert (found.wrong, len(found.written)) == ([], 1)
    assert "3 rows in the source, 2 in the copy" in found.lines()[1]


def test_a_database_that_is_missing_is_wrong() -> None:
    found = compared(_source(a=[3, "7", "m", "m"]), {"in": {}}, {}, 18)
    assert len(found.wrong) == 1


def test_sums_of_another_version_say_nothing() -> None:
    found = compared(_source(a=[3, "7", "m", "m"]), _copy(a=[3, "8"]), {}, 19)
    assert (found.by_content, found.by_number, found.wrong) == (0, 1, [])


def test_contents_are_read_of_what_can_be_compared_by_them() -> None:
    source = _source(a=[3, "7", "m", "m"], b=[5, None, "m", "m"], empty=[0, None, "m", "m"])
    assert by_content(source, 18) == {"db": {"a"}}
    assert by_content(source, 19) == {}


def test_of_a_source_that_was_not_read_nothing_is_said_to_be_the_same() -> None:
    asked_for = {**_source(), "reading": "none", "left_out": 0}
    too_large = {**_source(), "reading": "usual", "in": {"db": {}}}
    for source in (asked_for, too_large):
        assert compared(source, _copy(a=[3, "7"]), {}, 18).lines() == [NOT_READ]
        assert is_unread(source)
    assert not is_unread({"reading": "usual", "left_out": 0, "hashed_by": 18, "in": {"db": {}}})
