"""How often an address may try a password."""

import pytest

from vrooli.console import tries as module
from vrooli.console.tries import Tries


def test_so_many_at_once_then_one_a_minute_for_each_address() -> None:
    tries = Tries(3, 60.0)
    assert [tries.take("a", 0.0) for _ in range(4)] == [0.0, 0.0, 0.0, 60.0]
    assert tries.take("b", 0.0) == 0.0
    assert tries.take("a", 30.0) == 30.0
    assert tries.take("a", 61.0) == 0.0
    assert tries.take("a", 61.0) > 0


def test_it_remembers_so_many_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    tries = Tries(1, 60.0)
    for address in "abc":
        tries.take(address, 0.0)
    assert tries.take("c", 0.0) > 0
    assert tries.take("a", 0.0) == 0.0
