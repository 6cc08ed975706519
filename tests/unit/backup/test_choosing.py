"""Which parts are meant, and which table."""

from dataclasses import replace

import pytest

from tests.unit.backup.made import new_keys, new_store, part_of, stored
from vrooli.backup.choosing import owner_of, table_of
from vrooli.core.errors import UsageError

KEYS = new_keys()
PART = part_of(stored(b"-", new_store(KEYS)[0], KEYS), "postgres")
ROWS = {"in": {"shop": {"public.orders": [3, None, "", ""], "public.redi": [1, None, "", ""]}}}
PARTS = (
    replace(PART, facts={"rows": ROWS}),
    replace(PART, service="redis", source="redis", facts={}),
)


@pytest.mark.parametrize(
    ("only", "table"),
    [
        ("", ""),
        ("postgres,redis", ""),
        ("orders", "orders"),
        ("invoices", "invoices"),  # one that nobody counted may be there all the same
        ("redi", "redi"),
        ("redis,nonsense", ""),
        ("public.redsi", "public.redsi"),
        ('"a,b"', '"a,b"'),
    ],
)
def test_a_word_that_is_no_part_may_be_a_table(only: str, table: str) -> None:
    assert table_of(only, PARTS) == table


def test_a_part_that_is_misspelt_is_fetched_for_nobody() -> None:
    with pytest.raises(UsageError, match="did you mean `postgres`") as raised:
        table_of("postgers", PARTS)
    assert "public.postgers" in raised.value.next_step


def test_a_table_is_of_the_service_before_it() -> None:
    assert owner_of("postgres:shop.public.orders", PARTS) == ("postgres", "shop.public.orders")
    for only in ("orders", "", "postgres,redis", '"odd:name"'):
        assert owner_of(only, PARTS) == ("", only)
    for word, said in (("postgers", "did you mean `postgres`"), ("redis", "choose of: postgres")):
        with pytest.raises(UsageError) as raised:
            owner_of(f"{word}:orders", PARTS)
        assert said in str(raised.value)
