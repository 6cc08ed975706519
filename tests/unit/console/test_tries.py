"""How often passwords may be tried in vain, and whose a try is."""

from ipaddress import ip_network

import pytest

from vrooli.console import tries as module
from vrooli.console.tries import Guard, Tries
from vrooli.console.whence import whence


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


def test_what_was_right_is_not_counted_and_forgets_what_was_wrong() -> None:
    guard = Guard(network=Tries(3, 60.0), account=Tries(2, 60.0))
    for _ in range(9):
        assert guard.take("n", "ann", 0.0) == 0.0
        guard.succeeded("n", "ann")
        assert guard.take("n", "ann", 0.0) == 0.0
        guard.untold("n", "ann")
    assert [guard.take("n", "ann", 0.0) > 0 for _ in range(3)] == [False, False, True]
    assert guard.take("m", "ann", 0.0) == 0.0
    assert [guard.take("n", "bob", 0.0) > 0 for _ in range(3)] == [False, True, True]
    assert guard.take("n", "bob", 60.0) == 0.0


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.1", "", "203.0.113.1"),
        ("203.0.113.1", "198.51.100.7", "203.0.113.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("::ffff:127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "10.9.9.9, 198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "198.51.100.7, 10.1.2.3", "198.51.100.7"),
        ("127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("127.0.0.1", "198.51.100.7, unknown", "127.0.0.1"),
        ("testclient", "198.51.100.7", "testclient"),
        ("127.0.0.1", "x" * 9000, "127.0.0.1"),
    ],
)
def test_a_proxy_of_ours_says_whom_it_speaks_for(peer: str, forwarded: str, address: str) -> None:
    ours = (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"))
    assert whence(peer, forwarded, ours) == address
