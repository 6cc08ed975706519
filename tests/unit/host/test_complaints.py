"""What is kept of complaints, however they arrive."""

import pytest

from vrooli.host.complaints import Complaints

SECRETS = ("hunter2", "hunter2-and-more", "", 'a"b\\c', "näh")


@pytest.mark.parametrize("size", [1, 2, 5, 7, 1000])
def test_however_it_is_cut_no_part_of_a_secret_is_shown(size: int) -> None:
    said = 'no hunter2-and-more, hunter2, hunter2hunter2: a"b\\c or näh; hunter'.encode()
    shown = "no ***, ***, ******: *** or ***; hunter"
    for kept in range(1, len(shown) + 5):
        complaints = Complaints(SECRETS, kept)
        for start in range(0, len(said), size):
            complaints.add(said[start : start + size])
        assert complaints.text() == shown[-kept:].strip()


def test_without_secrets_it_is_the_end() -> None:
    complaints = Complaints((), 5)
    complaints.add(b"out of")
    complaints.add(b" ideas\n")
    assert complaints.text() == "deas"
