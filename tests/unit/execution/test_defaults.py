"""What a schema says for inputs that are not given."""

import copy
from typing import Any

import pytest

from vrooli.execution.defaults import TooManyDefaults, with_defaults

PAGE = {
    "type": "object",
    "properties": {
        "size": {"type": "integer", "default": 10},
        "sort": {"$ref": "#/$defs/sort"},
    },
}
SCHEMA: dict[str, Any] = {
    "properties": {
        "days": {"default": 7},
        "page": PAGE,
        "born": {**PAGE, "default": {}},
        "list": {"items": PAGE},
        "sort": {"$ref": "#/$defs/sort", "default": "down"},
    },
    "$defs": {"sort": {"default": "up"}, "a/b": {"default": 1}},
}
FILLED = {"size": 10, "sort": "up"}


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ({}, {"days": 7, "born": FILLED, "sort": "down"}),
        ({"days": None, "sort": 0, "born": None}, {"days": None, "born": None, "sort": 0}),
        (
            {"page": {"size": 3}, "born": {"sort": 1}, "sort": 1, "days": 1},
            {"page": {"size": 3, "sort": "up"}, "born": {"size": 10, "sort": 1}},
        ),
        ({"list": [{}, 1, {"size": 2}]}, {"list": [FILLED, 1, {"size": 2, "sort": "up"}]}),
        ({"page": 3, "list": {}, "more": {}}, {"page": 3, "list": {}, "more": {}}),
    ],
)
def test_at_the_top_and_in_what_lies_within(given: Any, filled: Any) -> None:
    before, schema = copy.deepcopy(given), copy.deepcopy(SCHEMA)
    found = with_defaults(SCHEMA, given)
    assert found == {"days": 7, "born": FILLED, "sort": "down", **given, **filled}
    assert (given, schema) == (before, SCHEMA), "nothing that was handed over changes"


@pytest.mark.parametrize(
    ("inner", "filled"),
    [
        ({"$ref": "#/$defs/a~1b"}, {"x": 1}),
        ({"$ref": "#/$defs/nosuch"}, {}),
        ({"$ref": "https://example.com/schema"}, {}),
        ({"$ref": "#/properties/x"}, {}),
        (True, {}),
    ],
)
def test_references_stay_within(inner: Any, filled: Any) -> None:
    assert with_defaults({**SCHEMA, "properties": {"x": inner}}, {}) == filled


@pytest.mark.parametrize("names", ["a", "abc"])
def test_defaults_without_an_end_are_refused(names: str) -> None:
    again = {"$ref": "#", "default": {}}
    with pytest.raises(TooManyDefaults, match="its defaults"):
        with_defaults({"properties": dict.fromkeys(names, again)}, {})


def test_many_values_and_large_defaults_are_bounded() -> None:
    item = {"properties": {"text": {"default": "x" * 1000}}}
    many = {"items": item}
    with pytest.raises(TooManyDefaults, match="4 MiB"):
        with_defaults(many, [{}] * 5000)
    deep = {"properties": {"rows": {"default": [0] * 1000, "items": {}}}}
    with pytest.raises(TooManyDefaults, match="4 MiB"):
        with_defaults({"items": deep}, [{}] * 1000)


@pytest.mark.parametrize(
    ("inner", "filled"),
    [
        ({"type": "integer", "default": None}, {}),
        ({"type": ["integer", "null"], "default": None}, {"x": None}),
        ({"default": None}, {"x": None}),
    ],
)
def test_a_null_is_filled_in_only_where_it_may_be(inner: Any, filled: Any) -> None:
    assert with_defaults({**SCHEMA, "properties": {"x": inner}}, {}) == filled
