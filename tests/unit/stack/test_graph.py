"""Who needs whom."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.core.errors import ConfigError
from vrooli.stack import graph
from vrooli.stack.model import Service, Stack

Needs = dict[str, list[str]]


def stack_of(needs: dict[str, list[str]], instances: dict[str, int] | None = None) -> Stack:
    """Scenarios that need each other; a group with instances becomes NAME-1, NAME-2, ..."""
    services: dict[str, Service] = {}
    for group, wanted in needs.items():
        count = (instances or {}).get(group, 1)
        names = [group] if count == 1 else [f"{group}-{n + 1}" for n in range(count)]
        for name in names:
            services[name] = Service(name, group, "scenario", "scenario", needs=tuple(wanted))
    return Stack("test", services)


@st.composite
def acyclic(draw: st.DrawFn) -> Needs:
    """Each may need those before it."""
    names = [f"s{number}" for number in range(draw(st.integers(1, 8)))]
    return {
        name: draw(st.lists(st.sampled_from(names[:number]), unique=True)) if number else []
        for number, name in enumerate(names)
    }


@st.composite
def anyhow(draw: st.DrawFn) -> Needs:
    """Each may need any."""
    names = [f"s{number}" for number in range(draw(st.integers(1, 6)))]
    return {name: draw(st.lists(st.sampled_from(names), unique=True)) for name in names}


def test_a_cycle_is_named_from_its_start_to_its_start() -> None:
    assert graph.find_cycle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c", "b"]
    assert graph.find_cycle({"a": ["a"]}) == ["a", "a"]
    assert graph.find_cycle({"a": ["b"], "b": []}) is None


def test_a_chain_of_thousands_is_no_cycle_and_no_recursion_error() -> None:
    needs = {f"s{number}": [f"s{number + 1}"] for number in range(5000)}
    assert graph.find_cycle(needs) is None


@given(acyclic())
def test_where_everybody_needs_only_earlier_ones_there_is_no_cycle(needs: Needs) -> None:
    assert graph.find_cycle(needs) is None


@given(anyhow())
def test_a_cycle_that_is_found_is_one_and_without_one_all_can_start(needs: Needs) -> None:
    cycle = graph.find_cycle(needs)
    if cycle is None:
        assert set().union(*graph.start_waves(stack_of(needs))) == set(needs)
        return
    assert cycle[0] == cycle[-1]
    assert all(after in needs[before] for before, after in pairwise(cycle))
    with pytest.raises(ConfigError, match="cycle"):
        graph.start_waves(stack_of(needs))


@given(acyclic())
def test_every_wave_needs_only_waves_before_it_and_starts_as_early_as_it_can(needs: Needs) -> None:
    waves = graph.start_waves(stack_of(needs))
    started: set[str] = set()
    previous: set[str] = set()
    for wave in waves:
        for name in wave:
            assert set(needs[name]) <= started
            assert not previous or set(needs[name]) & previous
        started |= wave
        previous = wave
    assert started == set(needs)
    assert graph.stop_order(stack_of(needs)) == waves[::-1]


@given(acyclic())
def test_dependents_are_those_whose_needs_reach_there(needs: Needs) -> None:
    stack = stack_of(needs)
    for name in needs:
        for other in needs:
            reaches = name in graph.transitive_needs(stack, other)
            assert reaches == (other in graph.dependents(stack, name))


@given(acyclic(), st.data())
def test_there_is_always_something_to_heal_and_the_rest_is_blocked(
    needs: Needs, data: st.DataObject
) -> None:
    stack = stack_of(needs)
    failing = data.draw(st.sets(st.sampled_from(sorted(needs)), min_size=1))
    deepest = graph.deepest_failing(stack, failing)
    blocked = graph.blocked(stack, failing)
    assert deepest
    assert deepest | set(blocked) == failing
    assert not deepest & set(blocked)
    assert all(not set(needs[name]) & failing for name in deepest)


def test_all_instances_of_a_needed_group_come_first() -> None:
    stack = stack_of({"web": [], "front": ["web"]}, {"web": 2})
    assert graph.start_waves(stack) == [{"web-1", "web-2"}, {"front"}]
    assert graph.transitive_needs(stack, "front") == {"web-1", "web-2"}


def test_a_need_is_met_while_any_instance_is_healthy() -> None:
    stack = stack_of({"web": [], "front": ["web"]}, {"web": 2})
    assert graph.deepest_failing(stack, {"web-1", "front"}) == {"web-1", "front"}
    assert graph.deepest_failing(stack, {"web-1", "web-2", "front"}) == {"web-1", "web-2"}
    assert graph.blocked(stack, {"web-1", "web-2", "front"}) == {"front": ["web"]}


def test_names_that_the_stack_does_not_have_do_not_disturb() -> None:
    stack = stack_of({"a": []})
    assert graph.deepest_failing(stack, {"gone"}) == set()
    assert graph.members(stack, "gone") == []


def test_stopping_one_instance_takes_nothing_away_until_it_is_the_last_that_is_meant_to_run() -> (
    None
):
    stack = stack_of({"front": [], "tail": ["front"], "end": ["tail"]}, {"front": 3})

    def left_without(stopped: set[str], before: set[str]) -> set[str]:
        return graph.left_without(stack, stopped, lambda name: name not in before)

    assert left_without({"front-2"}, set()) == set()
    assert left_without({"front-1", "front-2", "front-3"}, set()) == {"tail", "end"}
    assert left_without({"front-2"}, {"front-1", "front-3"}) == {"tail", "end"}
    assert left_without({"tail"}, set()) == {"end"}


@given(acyclic())
def test_with_one_instance_each_stopping_takes_away_all_dependents(needs: Needs) -> None:
    stack = stack_of(needs)
    for name in stack.services:
        assert graph.left_without(stack, {name}, lambda _: True) == graph.dependents(stack, name)


@given(acyclic(), st.data())
def test_who_waits_is_who_is_blocked_and_for_services_of_the_groups_that_are_down(
    needs: Needs, data: st.DataObject
) -> None:
    stack = stack_of(needs, {"s0": 2})
    failing = set(data.draw(st.lists(st.sampled_from(sorted(stack.services)))))
    waiting = graph.waiting(stack, failing)
    blocked = graph.blocked(stack, failing)
    assert waiting.keys() == blocked.keys()
    for name, groups in blocked.items():
        assert waiting[name] == [one for group in groups for one in graph.members(stack, group)]
        assert set(waiting[name]) <= graph.all_needs(stack)[name]
