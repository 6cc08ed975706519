"""The query builder and the cursor."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.core.errors import UsageError
from vrooli.server.store import HistoryFilter, decode_cursor, encode_cursor, select


def test_only_filters_in_use_appear_and_values_never_stand_in_the_text() -> None:
    sql, values = select(HistoryFilter(host="h'; DROP TABLE history", limit=5), 6)
    assert "kind" not in sql.split("WHERE")[1]
    assert "DROP" not in sql
    assert values == [0.0, HistoryFilter().until, "h'; DROP TABLE history", 6]


STORED = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
"""What PostgreSQL holds as text."""


@given(
    st.datetimes(timezones=st.just(UTC)),
    STORED,
    STORED,
    st.integers(0, 2**63 - 1),
)
def test_a_cursor_comes_back_as_it_went(at: datetime, host: str, boot: str, seq: int) -> None:
    row = {"at": at, "host": host, "boot": boot, "seq": seq}
    assert decode_cursor(encode_cursor(row)) == (at, host, boot, seq)


@pytest.mark.parametrize(
    "text",
    ["x", "é", "", "[1]", '["2020-01-01T00:00:00+00:00","h","b","1"]', "[1,2,3,4]", "[" * 900],
)
def test_a_foreign_cursor_is_refused_in_words(text: str) -> None:
    for cursor in (text, base64.urlsafe_b64encode(text.encode()).decode()):
        with pytest.raises(UsageError, match="cursor"):
            decode_cursor(cursor)


def test_a_cursor_beyond_bigint_is_refused() -> None:
    text = json.dumps(["2020-01-01T00:00:00+00:00", "h", "b", 2**63])
    with pytest.raises(UsageError):
        decode_cursor(base64.urlsafe_b64encode(text.encode()).decode())
