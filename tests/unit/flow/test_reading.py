"""Reading a routine: every mistake at its place, and nothing refused that may be."""

from typing import Any

import pytest

from tests.support.flow import step
from vrooli.flow.model import LoopNode, MapNode, Retry, StepNode
from vrooli.flow.reading import DEEPEST, MOST_NODES, RoutineError, read

TYPES = ("do", "ask")


def check(name: str, arguments: Any) -> list[tuple[tuple[str | int, ...], str]]:
    """Steps of type `ask` want to know what."""
    if name == "ask" and "what" not in arguments:
        return [(("what",), "is missing")]
    return []


def mistakes(data: Any) -> dict[str, str]:
    """What is wrong, by its place as people write it."""
    with pytest.raises(RoutineError) as caught:
        read(data, TYPES, check)
    found = [str(one).split(": ", 1) for one in caught.value.mistakes]
    assert len(dict(found)) == len(found), f"one place, one mistake: {found}"
    return dict(found)


def body(*do: Any, **more: Any) -> dict[str, Any]:
    return {"name": "test", "do": list(do), **more}


def uses(text: str, name: str = "x") -> dict[str, Any]:
    """A step with this expression in its arguments."""
    return {"step": name, "do": {"v": f"${{{text}}}"}}


ROUTINE: list[tuple[Any, str, str]] = [
    (None, "the routine", "expected keys and values"),
    ([], "the routine", "expected keys and values"),
    ({"do": [step("a")]}, "name", "expected lower-case letters"),
    ({"name": "Test", "do": [step("a")]}, "name", "expected lower-case letters"),
    ({"name": "a" * 64, "do": [step("a")]}, "name", "expected lower-case letters"),
    ({"name": "test", "do": [step("a")], "queue": "GPU"}, "queue", "expected lower-case letters"),
    ({"name": "test", "do": [step("a")], "queue": None}, "queue", "expected lower-case letters"),
    ({"name": "test"}, "do", "expected a list of steps, with at least one"),
    ({"name": "test", "do": []}, "do", "expected a list of steps"),
    ({"name": "test", "do": {"a": 1}}, "do", "expected a list of steps"),
    (body(step("a"), description=1), "description", "expected text"),
    (body(step("a"), inputs=[]), "inputs", "expected a JSON Schema"),
    (body(step("a"), outputs=1), "outputs", "no such key; there are name, "),
    (body(step("a"), output="${steps.b}"), "output", "no step `b` comes before"),
    (body(step("a"), output="${item}"), "output", "there is no `item` here, only inputs, steps"),
    (body(step("a"), output="${"), "output", "`${` has no `}`"),
]

STEP: list[tuple[Any, str, str]] = [
    ("a", "", "expected one of step, parallel, map, if, loop, try as a key"),
    ({}, "", "expected exactly one of step, parallel, map, if, loop, try; found none"),
    ({"step": "a", "if": "true"}, "", "found step and if"),
    ({"step": "a"}, "", "expected exactly one type of step of ask, do"),
    ({"step": "a", "do": {}, "ask": {"what": 1}}, "", "expected exactly one type of step"),
    ({"step": "a", "http": {}}, ".http", "no such type of step; there are ask, do"),
    (step("a", timout=3), ".timout", "did you mean `timeout`?"),
    (step("a", retries=3), ".retries", "beside `retry`, `timeout`; did you mean `retry`?"),
    ({"step": "a", "do": []}, ".do", "expected arguments as keys and values"),
    ({"step": "a", "do": None}, ".do", "expected arguments as keys and values"),
    ({"step": "a", "ask": {}}, ".ask.what", "is missing"),
    ({"step": "A", "do": {}}, ".step", "expected lower-case letters"),
    ({"step": "a-b", "do": {}}, ".step", "expected lower-case letters"),
    ({"step": 1, "do": {}}, ".step", "expected lower-case letters"),
    ({"step": "in", "do": {}}, ".step", "is a word of expressions"),
    (step("a", timeout=0), ".timeout", "expected a number from 0.001 to 86400"),
    (step("a", timeout="1"), ".timeout", "expected a number from"),
    (step("a", timeout=True), ".timeout", "expected a number from"),
    (step("a", timeout=float("nan")), ".timeout", "expected a number from"),
    (step("a", retry=3), ".retry", "expected `most`, `first`, `factor`, `longest`"),
    (step("a", retry={"times": 3}), ".retry.times", "no such key; there are most, first"),
    (step("a", retry={"most": 0}), ".retry.most", "expected a whole number from 1 to 100"),
    (step("a", retry={"most": 2.5}), ".retry.most", "expected a whole number from 1 to 100"),
    (step("a", retry={"first": -1}), ".retry.first", "expected a number from 0 to 86400"),
    (step("a", retry={"factor": 0.5}), ".retry.factor", "expected a number from 1 to 100"),
    (step("a", retry={"longest": 1e9}), ".retry.longest", "expected a number from 0"),
    (uses("inputs."), ".do", "cannot be read"),
    (uses("nobody.x"), ".do", "there is no `nobody` here, only inputs, steps"),
    (uses("error.kind"), ".do", "there is no `error` here"),
    (uses("turn"), ".do", "there is no `turn` here"),
    (uses("steps.x"), ".do", "no step `x` comes before this place"),
    (uses("steps"), ".do", "name the step that is meant"),
    (uses("steps['a']"), ".do", "name the step that is meant"),
]

BLOCKS: list[tuple[Any, str, str]] = [
    ({"parallel": []}, ".parallel", "expected a list of lists of steps"),
    ({"parallel": step("a")}, ".parallel", "expected a list of lists of steps"),
    ({"parallel": [[]]}, ".parallel[0]", "expected a list of steps"),
    ({"parallel": [step("a")]}, ".parallel[0]", "expected a list of steps"),
    ({"parallel": [[step("a")]], "x": 1}, ".x", "no such key; there are parallel"),
    ({"parallel": [[step("a")], [step("a")]]}, ".parallel[1][0].step", "`a` is taken already"),
    ({"parallel": [[step("a")], [uses("steps.a")]]}, ".parallel[1][0].do", "no step `a` comes"),
    ({"parallel": [[uses("steps.b")], [step("b")]]}, ".parallel[0][0].do", "no step `b` comes"),
    ({"map": "m", "over": [], "do": []}, ".do", "expected a list of steps"),
    ({"map": "M", "over": [], "do": [step("a")]}, ".map", "expected lower-case letters"),
    ({"map": "m", "over": [], "as": "A", "do": [step("a")]}, ".as", "expected a name"),
    ({"map": "m", "over": [], "as": "inputs", "do": [step("a")]}, ".as", "expected a name"),
    ({"map": "m", "over": [], "as": "steps", "do": [step("a")]}, ".as", "expected a name"),
    ({"map": "m", "over": [], "as": "index", "do": [step("a")]}, ".as", "expected a name"),
    ({"map": "m", "over": [], "as": "turn", "do": [step("a")]}, ".as", "expected a name"),
    ({"map": "m", "over": [], "as": "error", "do": [step("a")]}, ".as", "expected a name"),
    ({"map": "m", "over": [], "as": "for", "do": [step("a")]}, ".as", "expected a name"),
    ({"map": "m", "over": "${item}", "do": [step("a")]}, ".over", "there is no `item` here"),
    ({"map": "m", "over": [], "at_most": 0, "do": [step("a")]}, ".at_most", "from 1 to 1000"),
    ({"map": "m", "over": [], "at_most": 1.5, "do": [step("a")]}, ".at_most", "whole number"),
    ({"map": "m", "over": 5, "do": [step("a")]}, ".over", "expected a list"),
    ({"map": "m", "do": [step("a")]}, ".over", "expected a list"),
    ({"map": "m", "over": [], "do": [uses("steps.m")]}, ".do[0].do", "no step `m` comes"),
    ({"if": "", "then": [step("a")]}, ".if", "expected an expression that is true or false"),
    ({"if": True, "then": [step("a")]}, ".if", "expected an expression that is true or false"),
    ({"if": "(", "then": [step("a")]}, ".if", "cannot be read"),
    ({"if": "steps.a", "then": [step("a")]}, ".if", "no step `a` comes"),
    ({"if": "true"}, ".then", "expected a list of steps"),
    ({"if": "true", "then": [step("a")], "else": []}, ".else", "expected a list of steps"),
    ({"if": "true", "then": [step("a")], "elif": []}, ".elif", "no such key"),
    ({"if": "true", "then": [step("a")], "els": []}, ".els", "did you mean `else`?"),
    ({"if": "true", "then": [step("a")], "else": [uses("steps.a")]}, ".else[0].do", "no step `a`"),
    ({"loop": "l", "while": "true", "do": [step("a")]}, ".limit", "from 1 to 10000"),
    ({"loop": "l", "while": "true", "limit": 1.5, "do": [step("a")]}, ".limit", "whole number"),
    ({"loop": "l", "limit": 1, "do": [step("a")]}, ".while", "expected an expression"),
    ({"loop": "l", "while": "steps.z", "limit": 1, "do": [step("a")]}, ".while", "no step `z`"),
    ({"loop": "l", "while": "true", "limit": 1, "do": []}, ".do", "expected a list of steps"),
    ({"try": [step("a")]}, ".rescue", "expected a list of steps"),
    ({"try": [step("a")], "rescue": [step("a")]}, ".rescue[0].step", "`a` is taken already"),
    ({"try": [uses("error")], "rescue": [step("b")]}, ".try[0].do", "there is no `error` here"),
]


@pytest.mark.parametrize(("data", "place", "reason"), ROUTINE)
def test_a_mistake_in_a_routine_has_its_place(data: Any, place: str, reason: str) -> None:
    found = mistakes(data)
    assert set(found) >= {place}
    assert reason in found[place]


@pytest.mark.parametrize(("node", "place", "reason"), STEP + BLOCKS)
def test_a_mistake_in_a_node_has_its_place(node: Any, place: str, reason: str) -> None:
    found = mistakes(body(step("before"), node))
    assert list(found) == [f"do[1]{place}"]
    assert reason in found[f"do[1]{place}"]


def test_all_mistakes_are_told_at_once() -> None:
    data = {"name": "X", "do": [step("A"), {"step": "b", "http": {}}], "more": 1}
    assert list(mistakes(data)) == ["more", "name", "do[0].step", "do[1].http"]


def test_the_names_of_a_rescue_end_with_it() -> None:
    tried = {"try": [step("a")], "rescue": [step("b")]}
    assert list(mistakes(body(tried, uses("error")))) == ["do[1].do"]


def test_the_names_of_a_map_end_with_it() -> None:
    each = {"map": "m", "over": [], "do": [step("a")]}
    assert list(mistakes(body(each, uses("item")))) == ["do[1].do"]
    assert list(mistakes(body(each, uses("steps.a")))) == ["do[1].do"]


def nested(depth: int) -> dict[str, Any]:
    node: dict[str, Any] = step("a")
    for _ in range(depth):
        node = {"if": "true", "then": [node]}
    return node


def test_blocks_are_not_too_deep() -> None:
    read(body(nested(DEEPEST)), TYPES, check)
    ((place, reason),) = mistakes(body(nested(DEEPEST + 1))).items()
    assert place.startswith("do[0].then[0].then[0]")
    assert reason == f"blocks lie more than {DEEPEST} deep in each other"


@pytest.mark.parametrize("where", ["arguments", "loop", "output", "description"])
def test_data_are_not_too_deep_whatever_they_are(where: str) -> None:
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    data = {
        "arguments": body({"step": "a", "do": {"x": deep}}),
        "loop": body({"loop": "l", "while": "true", "limit": 1, "do": deep}),
        "output": body(step("a"), output=deep),
        "description": body(step("a"), description=deep),
    }[where]
    assert mistakes(data) == {"the routine": "its lists and objects lie more than 200 deep"}


def test_there_are_not_too_many_steps() -> None:
    read(body(*(step(f"s{n}") for n in range(MOST_NODES))), TYPES, check)
    found = mistakes(body(*(step(f"s{n}") for n in range(MOST_NODES + 5))))
    assert found == {
        f"do[{MOST_NODES}]": f"the routine has more than {MOST_NODES} steps and blocks"
    }


LEGAL: list[Any] = [
    step("a"),
    step("a" * 63),
    step("map"),
    step("if"),
    step("steps"),
    step("a", retry={}, timeout=0.001),
    step("a", retry={"most": 100, "first": 0, "factor": 1, "longest": 86_400}, timeout=86_400),
    uses("inputs.x.y"),
    uses("inputs"),
    uses("[1].map(x, x)[0]"),
    uses("has(inputs.a) ? inputs.a : 'steps.none'"),
    {"parallel": [[step("a")]]},
    {"parallel": [[step("a"), uses("steps.a")], [step("b"), uses("steps.b", "y")]]},
    {"map": "m", "over": "${inputs.list}", "do": [uses("[item, index]")]},
    {"map": "m", "over": [1, "${inputs.x}"], "as": "list", "at_most": 1000, "do": [uses("list")]},
    {"map": "m", "over": [], "at_most": 2.0, "do": [step("m")]},
    {"if": "${inputs.x > 1}", "then": [step("a")]},
    {"if": " inputs.x ", "then": [step("a")], "else": [step("b")]},
    {"if": "inputs.x == '}'", "then": [step("a")]},
    {"loop": "l", "while": "!has(steps.a) || steps.a < 3", "limit": 1, "do": [step("a")]},
    {"loop": "l", "while": "turn < 3", "limit": 10_000, "do": [uses("steps.x"), uses("turn", "y")]},
    {"try": [step("a")], "rescue": [uses("error.kind"), uses("has(steps.a)", "y")]},
    {"try": [{"try": [step("a")], "rescue": [step("b")]}], "rescue": [step("c")]},
]


@pytest.mark.parametrize("node", LEGAL)
def test_what_may_be_is_read(node: Any) -> None:
    read(body(node), TYPES, check)


def test_what_is_done_before_is_seen_everywhere_after() -> None:
    every = [
        {"parallel": [[step("p")], [step("q")]]},
        {"if": "true", "then": [step("t")], "else": [step("e")]},
        {"try": [step("b")], "rescue": [step("r")]},
        {"map": "m", "over": [], "do": [uses("[steps.p, steps.q, steps.t, steps.e]")]},
        {"loop": "l", "while": "false", "limit": 1, "do": [uses("[steps.b, steps.r, steps.m]")]},
    ]
    read(body(*every, output="${[steps.p, steps.m, steps.l]}"), TYPES, check)


def test_names_may_come_again_inside_a_map() -> None:
    inner = {"map": "m", "over": [], "as": "other", "do": [step("a")]}
    read(body(step("a"), {"map": "m", "over": [], "do": [step("a"), inner]}), TYPES, check)


def test_defaults_are_as_documented() -> None:
    each = {"map": "m", "over": [], "do": [step("a")]}
    again = {"loop": "l", "while": "false", "limit": 7, "do": [step("a")]}
    routine = read(body(step("s"), step("t", retry={}), each, again), TYPES, check)
    plain, retried, mapped, loop = routine.body.nodes
    assert isinstance(plain, StepNode)
    assert isinstance(retried, StepNode)
    assert isinstance(mapped, MapNode)
    assert isinstance(loop, LoopNode)
    assert (plain.retry, plain.timeout) == (Retry(1, 1.0, 2.0, 60.0), 300.0)
    assert retried.retry.most == 3
    assert (mapped.variable, mapped.at_most) == ("item", 10)
    assert loop.limit == 7


def test_a_routine_may_name_its_queue() -> None:
    assert read(body(step("a")), TYPES, check).queue == "default"
    assert read(body(step("a"), queue="gpu-2"), TYPES, check).queue == "gpu-2"
