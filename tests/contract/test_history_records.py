"""Whatever the watchdog records, the server can store: nothing has to be set aside."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from vrooli.autoheal.record import MAX_DATA, Kind, Record, to_entry, to_row
from vrooli.server.records import parse_batch

texts = st.text(st.characters(), max_size=300)  # with NUL and half surrogates
numbers = st.one_of(st.none(), st.floats(), st.integers().map(float))
leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(texts, inner)),
    max_leaves=10,
)


@given(
    st.sampled_from(Kind),
    texts,
    texts,
    numbers,
    st.dictionaries(texts, st.one_of(trees, st.just(object()))),
    st.floats(),
)
@example(Kind.HEAL, "\ud800\0", "", 1.0, {"\0": "\\u0000", "\ud800": ["\0"]}, 1e300)
@example(Kind.HEAL, "x" * 999, "ü" * 999, None, {"log": "ü€😀" * 2 * MAX_DATA}, -1.0)
def test_record_passes_the_checks_of_the_server(
    kind: Kind,
    subject: str,
    status: str,
    value: float | None,
    data: dict[str, Any],
    at: float,
) -> None:
    row = to_row(Record(kind, subject, status, value, data, at), "boot")
    entry = to_entry((1, *row))
    body = json.dumps({"host": "host", "records": [entry.to_json()]}).encode()
    batch = parse_batch(body)
    assert len(batch.rows) == 1
