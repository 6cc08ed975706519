"""The map of the console: where nodes stand, and what is said of them."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.console.parts.layers import layers
from vrooli.console.parts.stack_map import HEIGHT, listed, nodes, shape, verdict


def row(name: str, state: str = "running", health: str = "ok", **more: Any) -> dict[str, Any]:
    """One of `GET /status`."""
    return {"name": name, "state": state, "health": health, "needs": [], "waits_for": [], **more}


@pytest.mark.parametrize(
    ("needs", "placed"),
    [
        ({}, []),
        ({"a": []}, [["a"]]),
        ({"web": ["api"], "api": ["db"], "db": []}, [["db"], ["api"], ["web"]]),
        # The longest path counts: web needs db itself, too.
        ({"web": ["db", "api"], "api": ["db"], "db": []}, [["db"], ["api"], ["web"]]),
        ({"a": ["nowhere"]}, [["a"]]),
        ({"x": [], "a": ["b"], "b": ["a"]}, [["x"], ["a", "b"]]),
        # Beside what they need, so that no lines cross.
        ({"a": [], "b": [], "of_b": ["b"], "of_a": ["a"]}, [["a", "b"], ["of_a", "of_b"]]),
    ],
)
def test_what_is_needed_stands_before_whoever_needs_it(
    needs: dict[str, list[str]], placed: list[list[str]]
) -> None:
    assert layers(needs) == placed


@given(st.lists(st.sets(st.integers(0, 11), max_size=5), max_size=12))
def test_every_graph_without_circles_has_all_its_lines_from_left_to_right(
    drawn: list[set[int]],
) -> None:
    needs = {str(n): [str(one) for one in ones if one < n] for n, ones in enumerate(drawn)}
    found = {name: at for at, layer in enumerate(layers(needs)) for name in layer}
    assert sorted(found) == sorted(needs)
    assert all(found[one] < found[name] for name, ones in needs.items() for one in ones)


def test_no_two_nodes_stand_on_each_other() -> None:
    drawn = shape([row("a"), row("b"), row("c", needs=["a"]), row("d", needs=["a", "b"])])
    at = drawn.places()
    assert len(set(at.values())) == 4
    for layer in drawn.columns():
        tops = [at[name][1] for name in layer]
        assert all(below - above >= HEIGHT for above, below in pairwise(tops))
    assert {(one, name) for one, name, _ in drawn.edges()} == {("a", "c"), ("a", "d"), ("b", "d")}


def test_a_long_line_has_a_way_of_its_own_through_the_layers_between() -> None:
    chain = [row("a"), row("b", needs=["a"]), row("c", needs=["b", "a"]), row("d", needs=["a"])]
    drawn = shape([*chain, row("e", needs=["c", "a"])])
    assert drawn.columns() == [["a"], ["b", "d"], ["c"], ["e"]]
    _, _, path = next(one for one in drawn.edges() if one[:2] == ("a", "e"))
    at = drawn.places()
    for between in ("b", "c", "d"):
        way = int(path.split("H")[0 if between != "c" else 1].split()[-1])
        top = at[between][1]
        assert not top <= way <= top + HEIGHT


def test_a_circle_is_drawn_all_the_same() -> None:
    drawn = shape([row("x"), row("a", needs=["b"]), row("b", needs=["a", "x"])])
    assert sorted(name for layer in drawn.columns() for name in layer) == ["a", "b", "x"]
    assert len(drawn.edges()) == 3


def test_the_root_cause_is_named_by_all_that_wait_for_it() -> None:
    found = nodes(
        [
            row("db", "failed", "critical"),
            row("api", "blocked", "critical", needs=["db"], waits_for=["db"]),
            row("web", "blocked", "critical", needs=["api"], waits_for=["api"]),
            row("mail"),
        ]
    )
    assert found["db"].is_root
    assert found["db"].note == "root cause: api and web wait for it"
    assert found["api"].note == "waits for db"
    assert found["web"].note == "waits for api (root cause: db)"
    assert [one.tone for one in found.values()] == ["critical", "blocked", "blocked", "ok"]
    assert verdict(found) == ("critical", "db is the root cause: api and web wait for it.")


def test_a_failure_for_which_nobody_waits_is_no_root_cause() -> None:
    found = nodes([row("db"), row("web", "failed", "critical", needs=["db"])])
    assert not found["web"].is_root
    assert verdict(found)[1] == "web fails; nothing waits for that."


def test_what_was_stopped_is_not_called_a_failure() -> None:
    found = nodes([row("db", "stopped", "unknown"), row("web", "blocked", waits_for=["db"])])
    assert (found["db"].tone, found["db"].is_root, found["db"].state) == ("off", True, "stopped")


def test_a_stack_that_is_well_says_so() -> None:
    assert verdict(nodes([row("a"), row("b", health="warning")]))[0] == "ok"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), ""),
        (("a",), "a"),
        (("a", "b"), "a and b"),
        (("a", "b", "c", "d"), "a, b, c and d"),
        (("a", "b", "c", "d", "e"), "a, b, c and 2 more"),
    ],
)
def test_names_are_listed(names: tuple[str, ...], said: str) -> None:
    assert listed(names) == said
