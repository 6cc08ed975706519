"""What a watchdog that runs resolves `env:` to."""

import subprocess
from collections.abc import Iterator

import pytest

from vrooli.main.watchdog_environment import has_other_values, known_values
from vrooli.stack.model import Service, Stack

WEB = Service("web", "web", "scenario", "scenario", env={"A": "env:MAIL", "B": "x", "C": "env:NO"})
DATABASE = Service("db", "db", "resource", "http", runtime="external", url="env:DB_URL")
STACK = Stack("test", {"web": WEB, "db": DATABASE})
KNOWN = {"MAIL": "a=b", "DB_URL": "http://db/"}


@pytest.fixture
def process() -> Iterator["subprocess.Popen[bytes]"]:
    """With two of the variables, and one that nobody refers to."""
    environment = {"PATH": "/usr/bin:/bin", "OTHER": "1", **KNOWN}
    with subprocess.Popen(["sleep", "600"], env=environment) as running:
        yield running
        running.kill()


def test_only_what_the_stack_refers_to_is_read(process: "subprocess.Popen[bytes]") -> None:
    assert known_values(process.pid, STACK) == KNOWN
    assert known_values(process.pid, Stack("test", {})) == {}


def test_of_a_process_that_is_gone_nothing_can_be_told(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    assert known_values(process.pid, STACK) is None


@pytest.mark.parametrize(
    ("environment", "other"),
    [
        ({"MAIL": "a=b", "DB_URL": "http://db/"}, False),
        ({"OTHER": "2"}, False),
        ({"MAIL": "new"}, True),
        ({"DB_URL": "http://elsewhere/"}, True),
        ({"NO": "now it is set"}, True),
    ],
)
def test_a_variable_that_is_set_here_decides(environment: dict[str, str], other: bool) -> None:
    assert has_other_values(KNOWN, STACK, environment) is other
