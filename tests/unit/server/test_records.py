"""The batch's check: what PostgreSQL cannot store is named before it gets there."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.server.records import MAX_DATA_BYTES, MAX_RECORDS, BadBatch, parse_batch


def record(**changes: Any) -> dict[str, Any]:
    """A valid record with `changes`."""
    base = {"boot": "b1", "seq": 1, "at": 1.5, "kind": "result", "subject": "s", "data": {"a": 1}}
    return {**base, "status": "ok", "value": 2, **changes}


def body(*records: Any, host: Any = "h") -> bytes:
    """A request body."""
    return json.dumps({"host": host, "records": list(records)}).encode()


def test_a_valid_batch_becomes_rows() -> None:
    batch = parse_batch(body(record(), record(seq=2, status=None, value=None, data={})))
    assert batch.host == "h"
    assert [(row.seq, row.status, row.value, row.data) for row in batch.rows] == [
        (1, "ok", 2.0, '{"a":1}'),
        (2, None, None, "{}"),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"boot": ""}, "boot"),
        ({"boot": "a\x00b"}, "boot"),
        ({"boot": "x" * 256}, "boot"),
        ({"seq": -1}, "seq"),
        ({"seq": 2**63}, "seq"),
        ({"seq": "1"}, "seq"),
        ({"seq": 1.5}, "seq"),
        ({"seq": True}, "seq"),
        ({"at": -1}, "at"),
        ({"at": 5e9}, "at"),
        ({"at": math.nan}, "at"),
        ({"at": math.inf}, "at"),
        ({"kind": "rumour"}, "kind"),
        ({"subject": None}, "subject"),
        ({"status": "\x00"}, "status"),
        ({"value": math.nan}, "value"),
        ({"value": "1"}, "value"),
        ({"data": []}, "data"),
        ({"data": {"a": "\x00"}}, "data"),
        ({"data": {"\x00": 1}}, "data"),
        ({"data": {"a": [{"b": math.inf}]}}, "data"),
        ({"data": {"a": "x" * MAX_DATA_BYTES}}, "data"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_row_is_named_by_index_boot_and_sequence(changes: dict[str, Any], field: str) -> None:
    bad = record(seq=7) | changes
    with pytest.raises(BadBatch) as caught:
        parse_batch(body(record(), bad, record(seq=9)))
    assert caught.value.status == 422
    (problem,) = caught.value.problems
    assert problem["record"] == 1
    assert problem["field"] == field
    assert problem["problem"]
    if field != "seq":
        assert problem["seq"] == 7


def test_a_backslash_that_only_looks_like_nul_is_stored() -> None:
    assert parse_batch(body(record(data={"a": "\\u0000"}))).rows[0].data == '{"a":"\\\\u0000"}'


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000, b'{"host":"\\ud800"}'])
def test_what_is_no_json_is_a_400(text: bytes) -> None:
    with pytest.raises(BadBatch) as caught:
        parse_batch(text)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "text", [b"[]", b"{}", b"null", body(), body(1), body(host=""), body(record(), host=3)]
)
def test_json_of_another_shape_is_a_422(text: bytes) -> None:
    with pytest.raises(BadBatch) as caught:
        parse_batch(text)
    assert caught.value.status == 422
    assert caught.value.problems


def test_more_records_than_allowed_are_refused() -> None:
    with pytest.raises(BadBatch) as caught:
        parse_batch(body(*(record(seq=n) for n in range(MAX_RECORDS + 1))))
    assert caught.value.problems[0]["field"] == "records"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_either_rows_or_a_named_problem(anything: Any) -> None:
    text = json.dumps({"host": "h", "records": [record(data={"x": anything})]}).encode()
    try:
        rows = parse_batch(text).rows
    except BadBatch as bad:
        refused, rows = bool(bad.problems or bad.status == 400), ()
    else:
        refused = False
    assert refused or json.loads(rows[0].data) == {"x": anything}


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_words(anything: bytes) -> None:
    with pytest.raises(BadBatch):
        parse_batch(anything)
