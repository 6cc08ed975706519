"""Whether a copy is taken for what it is."""

import copy
from typing import Any

import pytest

from vrooli.stack.postgres.upgrade.compare import differences, summary, told

FACTS: dict[str, Any] = {
    "databases": {"vrooli": ["vrooli", "UTF8", "C", "C.UTF-8", -1]},
    "roles": {"vrooli": [False, True, "d41d8"]},
    "memberships": {},
    "settings": {"*/vrooli": ["work_mem=9MB"]},
    "in": {
        "vrooli": {
            "objects": {"function": 2},
            "tables": {"public.kept": [3, "99"], "pg_catalog.pg_largeobject": [0, None]},
            "sequences": {"public.kept_id_seq": [3, True]},
        }
    },
}


def test_equal_is_equal_and_is_summed_up() -> None:
    assert differences(FACTS, copy.deepcopy(FACTS)) == []
    assert summary(FACTS) == "1 databases, 1 tables, 3 rows, 1 sequences, 1 roles"


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        (("in", "vrooli", "tables", "public.kept"), [2, "98"], "3 rows, in the copy 2"),
        (("in", "vrooli", "tables", "public.kept"), [3, "98"], "3 rows in both, with another"),
        (("in", "vrooli", "tables", "public.kept"), None, "missing in the copy"),
        (("in", "vrooli", "tables", "public.new"), [0, None], "only in the copy"),
        (("in", "vrooli", "sequences", "public.kept_id_seq"), [1, False], "[3, True], in the copy"),
        (("roles", "vrooli"), [False, True, "other"], "another password, or other rights"),
        (("settings", "*/vrooli"), None, "missing in the copy"),
    ],
)
def test_every_difference_is_named(where: tuple[str, ...], value: Any, said: str) -> None:
    other = copy.deepcopy(FACTS)
    at = other
    for name in where[:-1]:
        at = at[name]
    if value is None:
        del at[where[-1]]
    else:
        at[where[-1]] = value
    (line,) = differences(FACTS, other)
    assert line.startswith("/".join(where) + ": ")
    assert said in line
    assert "d41d8" not in line


def test_many_differences_are_summed_up() -> None:
    assert told([f"line {number}" for number in range(12)]).endswith("| line 9\n  | and 2 more")
