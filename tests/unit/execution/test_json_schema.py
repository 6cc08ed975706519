"""JSON Schemas that users write."""

import socket
from typing import Any

import pytest

from vrooli.execution.json_schema import BadSchema, Schema


def test_mistakes_are_told_by_their_place_and_not_all_of_them() -> None:
    schema = Schema({"properties": {"a": {"items": {"type": "integer"}}}})
    assert schema.mistakes({"a": [1, "x", "y"]}, 1) == [("a.1", "'x' is not of type 'integer'")]
    assert schema.mistakes({"a": []}, 9) == []


@pytest.mark.parametrize("schema", [{"type": "nothing"}, [], {"properties": 1}])
def test_what_is_no_schema(schema: Any) -> None:
    with pytest.raises(BadSchema, match="it is no JSON Schema"):
        Schema(schema)


@pytest.mark.parametrize("reference", ["#/nothing", "other.json", "#"])
def test_a_reference_that_leads_nowhere(reference: str) -> None:
    with pytest.raises(BadSchema, match="leads nowhere"):
        Schema({"$ref": reference}).mistakes({}, 1)


def test_nothing_is_fetched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/schema"
        with pytest.raises(BadSchema):
            Schema({"$ref": url}).mistakes({}, 1)
        with pytest.raises(BlockingIOError):
            listener.accept()
