"""Expressions in arguments."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.core.expression import ExpressionError
from vrooli.flow.template import Template

SCOPE: dict[str, Any] = {"inputs": {"n": 2, "list": [1], "text": "é", "none": None, "yes": True}}


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("plain", "plain"),
        ("", ""),
        (5, 5),
        (None, None),
        ("${inputs.n}", 2),
        ("${ inputs.list }", [1]),
        ("n is ${inputs.n}", "n is 2"),
        ("${inputs.n}${inputs.n}", "22"),
        ("${inputs.n} ", "2 "),
        ("${inputs.text}: ${inputs.list}, ${inputs.none}, ${inputs.yes}", "é: [1], null, true"),
        ({"a": ["${inputs.n}", {"b": "${inputs.text}"}]}, {"a": [2, {"b": "é"}]}),
        ({"${inputs.n}": 1}, {"${inputs.n}": 1}),
        ("${{'a': {'b': inputs.n}}}", {"a": {"b": 2}}),
        ("${'}'}", "}"),
        ("${'${'}HOME}", "${HOME}"),
        ('${"it\'s }" + inputs.text}', "it's }é"),
        ("${r'\\' + '}'}", "\\}"),
        ("${'''it's }'''}", "it's }"),
        ("$inputs.n $ {x} }", "$inputs.n $ {x} }"),
        ("a\n${inputs.n}\nb", "a\n2\nb"),
    ],
)
def test_it_is_filled(value: Any, filled: Any) -> None:
    assert Template(value).filled(SCOPE) == filled


@pytest.mark.parametrize("value", ["${", "a ${inputs.n", {"a": ["${{}"]}])
def test_an_expression_without_end_is_refused(value: Any) -> None:
    with pytest.raises(ExpressionError, match=re.escape("`${` has no `}`")):
        Template(value)


@pytest.mark.parametrize("value", ["${}", "${a b}", "${inputs.n} and ${(}", "${'}"])
def test_one_that_cannot_be_read_as_well(value: Any) -> None:
    with pytest.raises(ExpressionError, match="cannot be read"):
        Template(value)


def test_it_lists_its_expressions() -> None:
    template = Template({"a": "${x} and ${y}", "b": [1, {"c": "${z}"}], "d": "none"})
    assert [one.text for one in template.expressions] == ["x", "y", "z"]


def test_a_value_that_is_missing_is_said() -> None:
    with pytest.raises(ExpressionError) as caught:
        Template({"a": "see ${inputs.x}"}).filled(SCOPE)
    assert caught.value.where == "inputs.x"


@given(st.text())
def test_a_text_without_expressions_stays_as_it_is(text: str) -> None:
    text = text.replace("${", "")
    assert Template(text).filled({}) == text
