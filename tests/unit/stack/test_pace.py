"""How far something is: lines now and then, and what they carry from one process to another."""

import pytest

from vrooli.stack.pace import Measured, Pace, headed, in_words, line_of
from vrooli.stack.progress import Step, measured, preparing

MB = 1_000_000


@pytest.mark.parametrize(
    ("done", "total", "seconds", "said"),
    [
        (50 * MB, 150 * MB, 2.0, "50.0 MB of 150.0 MB, 25.0 MB/s, 4.0 s left"),
        (50 * MB, 0, 2.0, "50.0 MB, 25.0 MB/s"),
        (150 * MB, 150 * MB, 2.0, "150.0 MB of 150.0 MB, 75.0 MB/s"),
        (900, 3_000_000 * MB, 1.0, "900 B of 3.0 TB, 900 B/s, 38580 days left"),
    ],
)
def test_it_says_rate_and_time_left_where_they_are_known(
    done: int, total: int, seconds: float, said: str
) -> None:
    assert in_words(done, total, seconds) == said


def test_it_tells_twice_a_second_at_the_most_and_of_the_end() -> None:
    now, lines = [0.0], list[str]()
    pace = Pace(100 * MB, lines.append, clock=lambda: now[0])
    for number in range(1, 101):
        now[0] += 0.1
        pace(number * MB)
    done = [line.done // MB for line in lines if isinstance(line, Measured)]
    assert len(done) == len(lines) <= 21
    assert done[-1] == 100
    assert done == sorted(set(done))


def test_what_turns_out_larger_than_was_thought_has_no_end_that_is_known() -> None:
    lines: list[str] = []
    pace = Pace(100, lines.append, clock=iter((0.0, 1.0, 2.0)).__next__)
    pace(90)
    pace(110)
    assert [line.total for line in lines if isinstance(line, Measured)] == [100, 0]


def test_a_line_keeps_its_numbers_behind_a_head_and_on_its_way_between_processes() -> None:
    line = Measured("1 of 2", "", 1, 2)
    there = headed("  ", headed("shop: ", line_of(line.to_json())))
    assert isinstance(there, Measured)
    assert (there, there.of, there.done, there.total) == ("  shop: 1 of 2", "  shop: ", 1, 2)
    assert not isinstance(headed("shop: ", "start it"), Measured)


def test_half_a_line_of_a_program_is_none() -> None:
    assert line_of(Measured("1 of 2", "", 1, 2).to_json()[:-3]) == ""
    assert line_of('{"text": "1", "of": "", "done": {}, "total": 2}') == ""
    assert line_of("start it") == "start it"


def test_a_step_has_numbers_of_bytes_only_where_it_tells_them() -> None:
    said = preparing("shop", Measured("1 of 2", "", 1, 2)).to_json()
    assert (said["message"], said["bytes_done"], said["bytes_total"]) == ("1 of 2", 1, 2)
    far = measured(said)
    assert far is not None
    assert (far, far.done, far.total) == ("shop: 1 of 2", 1, 2)
    plain = Step("shop", "stopped").to_json()
    assert "bytes_done" not in plain
    assert measured(plain) is None
