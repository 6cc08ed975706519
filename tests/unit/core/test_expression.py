"""The expression language: what it says, what it refuses, and that it always answers."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.core.expression import LONGEST, LONGEST_WALK, NESTED, Expression, ExpressionError

SCOPE: dict[str, Any] = {
    "inputs": {"n": 2, "list": [1, 2, 3], "text": "é", "none": None, "deep": {"a": {"b": [5]}}},
    "steps": {"a": {"x": 1.5}},
    "item": "one",
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("inputs.n + 40", 42),
        ("inputs.n == 2 && item != 'two'", True),
        ("size(inputs.list) > 2 ? 'many' : 'few'", "many"),
        ("inputs.deep.a.b[0]", 5),
        ("inputs['n']", 2),
        ("steps.a", {"x": 1.5}),
        ("inputs.none", None),
        ("has(inputs.missing)", False),
        ("has(inputs.n) && has(steps.a.x)", True),
        ("inputs.list.map(x, x * inputs.n)", [2, 4, 6]),
        ("inputs.list.filter(x, x > 1).map(y, {'y': y})", [{"y": 2}, {"y": 3}]),
        ("inputs.list.exists(x, x == 3) && inputs.list.all(x, x > 0)", True),
        ("'steps.z and ' + item", "steps.z and one"),
        ('"it\'s " + inputs.text', "it's é"),
        ("r'\\' + item", "\\one"),
        ("item // steps.z\n + '!'", "one!"),
        ("duration('90m')", 5400.0),
        ("timestamp('2020-01-01T00:00:00Z')", "2020-01-01T00:00:00+00:00"),
        ("[1, 2].map(inputs, inputs + 1)", [2, 3]),
        ("[1].map(inputs, inputs) + inputs.list", [1, 1, 2, 3]),
        ("{'a': [1, {'b': null}]}", {"a": [1, {"b": None}]}),
        ("' .map( .map( .map( .map( '", " .map( .map( .map( .map( "),
    ],
)
def test_it_has_a_value(text: str, value: Any) -> None:
    found = Expression(text).value(SCOPE)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("inputs.missing", "there is no 'missing'"),
        ("nobody", "Undefined variable"),
        ("item + 1", "Unsupported operation"),
        ("1 / 0", "division by zero"),
        ("inputs.list[3]", "Index out of bounds|index|Index"),
        ("9223372036854775807 + 1", "overflow"),
        ("1.0 / 0.0", "inf is no number"),
        ("[1.0 / 0.0]", "inf is no number"),
        ("b'bytes'", "bytes cannot be written down"),
        ("{1: 2}", "keys of an object must be text"),
        ("optional.of(1)", "no value that can be written down"),
        ("int('x')", "int|parse|convert|Failed"),
    ],
)
def test_without_a_value_it_says_why(text: str, said: str) -> None:
    with pytest.raises(ExpressionError, match=said) as caught:
        Expression(text).value(SCOPE)
    assert caught.value.where == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("inputs.none.a", "`inputs.none` is null, and has no `a`"),
        ("string(inputs.none.a.b)", "`inputs.none` is null, and has no `a`"),
        ("string(inputs.none)", "`inputs.none` is null, and `string` takes no null"),
        ("inputs.none.size()", "`inputs.none` is null, and `size` takes no null"),
        ("inputs.none + 1", "Unsupported operation: null + int; `inputs.none` is null"),
    ],
)
def test_what_is_null_is_named(text: str, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        Expression(text).value(SCOPE)
    assert caught.value.what == said


@pytest.mark.parametrize(
    "text", ["", "(", "a b", "1 +", "'open", "a.b.", "steps.in", "for", "\ud800"]
)
def test_what_cannot_be_read_is_refused_at_once(text: str) -> None:
    with pytest.raises(ExpressionError, match="cannot be read"):
        Expression(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a ==", "cannot be read: it ends too early (character 5)"),
        ("(a", "cannot be read: missing ')' at the end (character 3)"),
        ("a = 3", "cannot be read: `=` is not expected here; write `==` (character 3)"),
        ("a and b", "cannot be read: `and` is not expected here; write `&&` (character 3)"),
        ("a b", "cannot be read: `b` is not expected here (character 3)"),
        ("a ? b", "cannot be read: it ends too early (character 6)"),
    ],
)
def test_it_says_in_few_words_what_cannot_be_read(text: str, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        Expression(text)
    assert caught.value.what == said


def test_it_is_not_too_long() -> None:
    assert Expression("1" + " " * (LONGEST - 1)).value({}) == 1
    with pytest.raises(ExpressionError, match="more than 2000 characters"):
        Expression("1" + " " * LONGEST)


@pytest.mark.parametrize("walk", ["{}.map(x, x)", "{} .filter (x, true)", "{}. // why\n map(x, x)"])
def test_it_walks_over_few_lists(walk: str) -> None:
    text = "inputs.list"
    for _ in range(NESTED):
        text = walk.format(text)
    assert Expression(text).value(SCOPE) == [1, 2, 3]
    with pytest.raises(ExpressionError, match="walks over lists more than 3 times"):
        Expression(walk.format(text))


@pytest.mark.parametrize(
    "text", ["x.map(y, y)", "x.filter(y, true)", "'a' in x || x.all(y, y > 0)"]
)
def test_a_list_that_is_walked_over_is_not_too_long(text: str) -> None:
    """The event loop stands still meanwhile."""
    expression = Expression(text)
    expression.value({"x": [1] * LONGEST_WALK})
    with pytest.raises(ExpressionError, match="a list of more than 2000 items") as caught:
        expression.value({"x": [1] * (LONGEST_WALK + 1)})
    assert caught.value.where == text


@pytest.mark.parametrize(
    "walk", ["x.map(a, x.map(b, b))", "x.exists(a, x.exists(b, b > 1) || a > 1)"]
)
def test_walks_within_walks_are_not_too_long_either(walk: str) -> None:
    expression = Expression(walk)
    expression.value({"x": [1] * 99})
    with pytest.raises(ExpressionError, match="more than 10000 items in all"):
        expression.value({"x": [1] * 101})


def test_a_long_list_that_is_only_handed_on_is_none() -> None:
    assert Expression("size(x)").value({"x": [1] * 50_000}) == 50_000


@pytest.mark.parametrize(
    ("text", "variables", "steps"),
    [
        ("1", set(), set()),
        ("steps.a.b + steps.c", {"steps"}, {"a", "c"}),
        ("inputs.steps.z", {"inputs"}, set()),
        ("'steps.z' + steps.a", {"steps"}, {"a"}),
        ("'''it's steps.z''' + steps.a", {"steps"}, {"a"}),
        ("r'\\' + steps.a + 'steps.z'", {"steps"}, {"a"}),
        ("steps.a // steps.z", {"steps"}, {"a"}),
        ("has(steps.a)", {"steps"}, {"a"}),
        ("steps . a", {"steps"}, {"a"}),
        ("steps", {"steps"}, None),
        ("steps['a']", {"steps"}, None),
        ("steps.size()", {"steps"}, None),
        ("steps.a.map(x, x.steps.z)", {"steps"}, {"a"}),
        ("inputs.list.map(x, steps.a + y)", {"inputs", "steps", "y"}, {"a"}),
    ],
)
def test_it_knows_what_it_uses(text: str, variables: set[str], steps: set[str] | None) -> None:
    expression = Expression(text)
    assert expression.variables == variables
    assert expression.members("steps") == steps


@pytest.mark.parametrize(("text", "holds"), [("inputs.n > 1", True), ("false", False)])
def test_a_condition_holds_or_not(text: str, holds: bool) -> None:
    assert Expression(text).holds(SCOPE) is holds


@pytest.mark.parametrize("text", ["1", "'true'", "null", "inputs.list"])
def test_anything_else_is_no_condition(text: str) -> None:
    with pytest.raises(ExpressionError, match="expected true or false"):
        Expression(text).holds(SCOPE)


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def ordered(value: Any) -> Any:
    """With the keys of every object sorted."""
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value)}
    return [ordered(one) for one in value] if isinstance(value, list) else value


@given(JSON)
def test_a_value_is_handed_on_as_it_is(value: Any) -> None:
    found = Expression("inputs.x").value({"inputs": {"x": value, "other": object()}})
    assert repr(found) == repr(ordered(value))


@pytest.mark.parametrize("text", ["x.map(k, k)", "x.filter(k, true)", "{'b': 1, 'a': x}.map(k, k)"])
def test_a_walk_over_an_object_is_in_the_order_of_its_keys(text: str) -> None:
    """In the library's own order a replay would see other values than the run did."""
    names = ["a", "b"] if "'b'" in text else list("abcdefgh")
    assert Expression(text).value({"x": dict.fromkeys("hgfedcba", 1)}) == names


@given(st.text("abinputs.steps.a()[]{}+-*/%!&|<>=?:'\"\\\n ,01.map(x,x)", max_size=40))
def test_any_text_has_a_value_or_an_error(text: str) -> None:
    with contextlib.suppress(ExpressionError):
        Expression(text).value(SCOPE)
