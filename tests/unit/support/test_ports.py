"""Ports of tests and benchmarks."""

from tests.support.ports import free_port


def test_no_port_is_given_twice() -> None:
    ports = [free_port() for _ in range(500)]
    assert len(set(ports)) == len(ports)
