"""The list of restore points."""

from dataclasses import replace

import pytest

from tests.unit.backup.made import ID, new_keys, new_store, part_of, point_of, stored
from vrooli.backup.point import ARCHIVES
from vrooli.backup.proof import Proof, proof_written
from vrooli.cli.backup_views import _of, _row, _show_rows
from vrooli.cli.backup_words import PHYSICAL, pieces
from vrooli.cli.backup_words import stored as stored_told


def test_archives_which_are_gone_back_to_by_name_alone_are_told_apart() -> None:
    keys = new_keys()
    store, _ = new_store(keys)
    part = part_of(stored(b"-", store, keys))
    for source, told in (
        (part.source, part.service),
        (min(ARCHIVES), f"{part.service} (archives)"),
    ):
        point = point_of(replace(part, source=source))
        assert _of(_row(store, point.id, point)) == [told]


def test_a_proof_that_is_none_is_told_and_hides_no_point(
    capsys: pytest.CaptureFixture[str],
) -> None:
    keys = new_keys()
    store, blobs = new_store(keys)
    blobs.held[f"proofs/{ID}/1.json"] = proof_written(Proof("another", 1.0, "verified"), keys.mac)
    row = _row(store, ID, point_of(part_of(stored(b"-", store, keys))))
    _show_rows([row])
    assert (row["id"], row["state"]) == (ID, "unverified")
    assert "it is the proof of another point, another" in capsys.readouterr().err


def test_what_a_point_takes_in_restic_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    keys = new_keys()
    store, _ = new_store(keys)
    part = replace(part_of(stored(b"four", store, keys)), packs=())
    _show_rows([_row(store, "20261128t075213z-3f09ab", point_of(part))])
    assert "0 B" not in capsys.readouterr().out
    assert (stored_told(4, 0), stored_told(4, 2)) == ("4 B", "4 B in 2 B")
    assert (pieces(1), pieces(2), pieces(0)) == ("1 piece", "2 pieces", "0 pieces")


def test_of_a_database_whose_rows_were_not_read_it_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    keys = new_keys()
    store, _ = new_store(keys)
    read = {"reading": "usual", "left_out": 0, "hashed_by": 18, "in": {"shop": {}}}
    none = {**read, "reading": "none"}
    for rows, told in ((none, True), (None, True), (read, False)):
        facts = {} if rows is None else {"rows": rows}
        part = replace(part_of(stored(b"-", store, keys)), source=PHYSICAL, facts=facts)
        _show_rows([_row(store, "20261128t075213z-3f09ab", point_of(part))])
        assert ("unverified, rows not compared" in capsys.readouterr().out) is told
