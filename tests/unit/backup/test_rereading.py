"""Which packs are read again, and when all have been."""

import pytest

from vrooli.backup.rereading import DAY, Seen, due, seen_read, seen_written
from vrooli.core.errors import Damaged

SIZES = {f"packs/{n:02}": 10 for n in range(30)}


def test_all_are_read_within_the_days_however_often_somebody_looks() -> None:
    for pause in (DAY, DAY / 4, 3 * DAY, 45 * DAY):
        seen, now = Seen(), 1e9
        for _ in range(int(31 * DAY / pause) + 2):
            chosen = due(SIZES, seen, now, 30)
            assert chosen
            seen = Seen(now, {**seen.read, **dict.fromkeys(chosen, now)})
            now += pause
        assert seen.read.keys() == SIZES.keys(), pause


def test_each_look_reads_the_share_of_the_time_that_has_passed_the_longest_unread_first() -> None:
    read = {name: n + 1.0 for n, name in enumerate(SIZES)}
    chosen = due(SIZES, Seen(1e9, read), 1e9 + 3 * DAY, 30)
    assert chosen == ["packs/00", "packs/01", "packs/02"]
    assert due({**SIZES, "packs/new": 10}, Seen(1e9, read), 1e9 + 1, 30) == ["packs/new"]
    assert due(SIZES, Seen(1e9, read), 1e9 - 5, 30) == []  # the clock was put back
    assert due({}, Seen(), 1e9, 30) == []


def test_what_was_read_is_believed_from_our_own_file_alone() -> None:
    seen = {"near": Seen(5.0, {"packs/00": 4.0})}
    data = seen_written(seen, b"key")
    assert seen_read(data, b"key", "here") == seen
    with pytest.raises(Damaged):
        seen_read(data.replace(b"4.0", b"9.0"), b"key", "here")
