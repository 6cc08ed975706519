"""How the end of a health command is judged: the exit codes of Nagios plugins."""

import pytest

from vrooli.core.identity import Identity
from vrooli.core.launch import Exit, Launch
from vrooli.core.status import Status
from vrooli.stack.probes.exec_ import judge


def ended(code: int | None, signal: int | None = None) -> Exit:
    """A health command that ended so."""
    launch = Launch("id", "web.probe", Identity("boot", 1, 1), "", 0.0)
    return Exit(1, launch, code, signal, 0.0, 0.0)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (0, Status.OK),
        (1, Status.WARNING),
        (2, Status.CRITICAL),
        (3, Status.UNKNOWN),
        (127, Status.UNKNOWN),
    ],
)
def test_the_exit_code_is_the_status(code: int, status: Status) -> None:
    assert judge(ended(code), "said so").status is status


def test_the_message_ends_where_performance_data_begins() -> None:
    assert judge(ended(0), "DISK OK - 3% | /=3%;80;90").message == "DISK OK - 3%"


def test_a_silent_command_is_described_by_its_end() -> None:
    assert "exited with code 2" in judge(ended(2), "").message


def test_a_killed_command_or_an_unknown_end_is_unknown() -> None:
    assert judge(ended(None, 9), "").status is Status.UNKNOWN
    assert judge(ended(None), "").status is Status.UNKNOWN
