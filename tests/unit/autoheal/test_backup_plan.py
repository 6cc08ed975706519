"""What going back would do, as the watchdog says it: what the process that opens the stores found,
and what went wrong, by the key of the question.
"""

import json
from typing import Any

import pytest

from vrooli.autoheal.backup_plan import Wanted, _read, seconds_of
from vrooli.autoheal.files_restoring import FilesWish
from vrooli.core.errors import ProtocolError, Refused, UsageError
from vrooli.core.ports.children import Ended
from vrooli.stack.backup_ledger import BackupLedger, Drill, Taken

POINT = "20261128t114401z-5ad38d"


def ended(**said: Any) -> Ended:
    """What the child wrote."""
    return Ended(0, json.dumps(said).encode(), "")


def test_what_cannot_be_meant_names_its_key() -> None:
    Wanted(POINT, "2026-11-28 11:52", ("postgres",)).require_meant()
    for wrong, key in (
        (Wanted("../x", "", ()), "point"),
        (Wanted("", "x" * 65, ()), "to"),
        (Wanted("", "", ("--help",)), "services"),
        (Wanted("", "", tuple(f"a{n}" for n in range(21))), "services"),
    ):
        with pytest.raises(UsageError) as caught:
            wrong.require_meant()
        assert caught.value.where == key


def test_of_files_that_are_put_back_what_cannot_be_meant_names_its_key() -> None:
    FilesWish("site", POINT, confirm="site").require_meant()
    FilesWish("site", undo=True, confirm="site").require_meant()
    for wrong, key in (
        (FilesWish("--help", POINT, confirm="--help"), "name"),
        (FilesWish("site", "latest", confirm="site"), "point"),
        (FilesWish("site", POINT, undo=True, confirm="site"), "point"),
        (FilesWish("site", confirm="site"), "point"),
        (FilesWish("site", POINT), "confirm"),
        (FilesWish("site", POINT, confirm="site "), "confirm"),
    ):
        with pytest.raises(UsageError) as caught:
            wrong.require_meant()
        assert caught.value.where == key


def test_an_error_of_the_child_is_of_its_kind_and_names_its_key() -> None:
    told = {"message": "it lies before the first", "next_step": "later"}
    with pytest.raises(UsageError, match="to: it lies before") as caught:
        _read(ended(error=told, field="to", usage=True))
    assert (caught.value.where, caught.value.next_step) == ("to", "later")
    with pytest.raises(Refused):
        _read(ended(error=told, field="point", usage=False))
    with pytest.raises(ProtocolError, match=r"exit code -14.*last line"):
        _read(Ended(-14, b"", "first\nlast line\n"))
    assert _read(ended(parts=[1], notes=["off is away"])) == {
        "parts": [1], "notes": ["off is away"],
    }  # fmt: skip


def test_it_may_take_as_long_as_it_did_for_practice_else_as_the_proof_of_that_point() -> None:
    point = Taken(POINT, 1.0, 2.0, 3, 4, ("postgres", "redis"), seconds=9.0)
    ledger = BackupLedger((point,)).with_drill(
        Drill(5.0, "another", "postgres", True, 2.0, 0.0, 900.0, 900.0)
    )
    assert [seconds_of(ledger, name, POINT) for name in ("postgres", "redis")] == [2.0, 9.0]
    assert seconds_of(ledger, "redis", "unknown") == 0.0
