"""Port `Programs`: this machine's, and the twin."""

import pytest

from vrooli.core.errors import DeadlineExceeded, Unreachable
from vrooli.core.ports.programs import Answer, Programs
from vrooli.host.memory.programs import MemoryPrograms
from vrooli.host.programs import LocalPrograms

SPEAK = ("sh", "-c", "echo out; echo first >&2; echo last >&2; exit 3")
TOLD = {" ".join(SPEAK): Answer(3, "out\n", "first\nlast\n"), "true": Answer(0)}


@pytest.fixture(params=["local", "memory"])
def programs(request: pytest.FixtureRequest) -> Programs:
    return LocalPrograms({}) if request.param == "local" else MemoryPrograms(TOLD)


def test_it_tells_how_a_program_ended_and_what_it_said(programs: Programs) -> None:
    answer = programs.run(SPEAK)
    assert (answer.code, answer.out, answer.err) == (3, "out\n", "first\nlast\n")
    assert not answer.ok
    assert answer.said == "last"
    assert programs.run(["true"]).ok


def test_a_program_that_is_not_there_is_named(programs: Programs) -> None:
    with pytest.raises(Unreachable, match="no-such-program: cannot be run: No such file"):
        programs.run(["no-such-program", "--now"])


def test_one_that_hangs_is_ended() -> None:
    with pytest.raises(DeadlineExceeded, match=r"sleep 600: did not end within 0\.2 s"):
        LocalPrograms({}).run(["sleep", "600"], timeout=0.2)


def test_none_gets_input_or_a_language_of_its_own() -> None:
    answer = LocalPrograms({"LANG": "de_DE.UTF-8"}).run(["sh", "-c", "cat; echo $LC_ALL"])
    assert answer.out == "C\n"


def test_it_is_found_where_cron_does_not_look() -> None:
    assert LocalPrograms({"PATH": "/nowhere"}).run(["true"]).ok
