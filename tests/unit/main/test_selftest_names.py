"""The name server of the selftest, asked as resolvers ask."""

import os
import socket
import struct
from collections.abc import Iterator

import pytest

from vrooli.main.selftest_names import PORT, NameServer, answer

KNOWN = b"\2db\4test\0"
A, AAAA = 1, 28


def question(name: bytes, wanted: int) -> bytes:
    head = struct.pack("!HHHHHH", 4711, 0x0100, 1, 0, 0, 0)
    return head + name + struct.pack("!HH", wanted, 1)


@pytest.mark.parametrize("name", [KNOWN, b"\2DB\4test\0"])
def test_the_name_that_it_knows_has_an_address(name: bytes) -> None:
    said = answer(question(name, A), KNOWN)
    assert struct.unpack("!HHHHHH", said[:12]) == (4711, 0x8180, 1, 1, 0, 0)
    assert said[-4:] == bytes([127, 0, 0, 1])


@pytest.mark.parametrize(("name", "wanted"), [(KNOWN, AAAA), (b"\5other\4test\0", A)])
def test_all_else_has_none(name: bytes, wanted: int) -> None:
    said = answer(question(name, wanted), KNOWN)
    assert struct.unpack("!HHHHHH", said[:12]) == (4711, 0x8180, 1, 0, 0, 0)
    assert said[12:] == question(name, wanted)[12:]


@pytest.fixture
def server() -> Iterator[NameServer]:
    if os.geteuid() != 0:
        pytest.skip("only root may listen on port 53")
    made = NameServer("db.test")
    yield made
    made.close()


def test_it_answers_until_it_is_silent(server: NameServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(10)
        for nonsense in (b"short", b"x" * 100):
            asking.sendto(nonsense, (server.address, PORT))
        asking.sendto(question(KNOWN, A), (server.address, PORT))
        assert asking.recv(512) == answer(question(KNOWN, A), KNOWN)
        server.silent = True
        asking.settimeout(0.3)
        asking.sendto(question(KNOWN, A), (server.address, PORT))
        with pytest.raises(TimeoutError):
            asking.recv(512)
        server.silent = False
        asking.settimeout(10)
        asking.sendto(question(KNOWN, A), (server.address, PORT))
        assert asking.recv(512) == answer(question(KNOWN, A), KNOWN)
