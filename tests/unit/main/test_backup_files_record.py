"""What a restore of files moves aside is written down before, and read by whoever undoes it."""

from pathlib import Path

import pytest

from vrooli.core.errors import Damaged, UsageError
from vrooli.core.home import Home
from vrooli.main.backup_files_record import FilesRecord
from vrooli.stack.files_restored import Moved, restored_read

ONE, OTHER = "20261128t114401z-5ad38d", "20261128t124401z-6be49e"


@pytest.fixture
def record(tmp_path: Path) -> FilesRecord:
    """Of a home of its own."""
    home = tmp_path / "home"
    home.mkdir()
    return FilesRecord(Home(home, home))


def test_it_says_what_will_be_where_and_one_of_the_same_point_goes_on(
    record: FilesRecord, tmp_path: Path
) -> None:
    there, new = str(tmp_path / "there"), str(tmp_path / "new")
    Path(there).touch()
    told: list[str] = []
    again, begun = record.begin("site", ONE, (there, new), told.append)
    assert (again, begun.state, begun.cut_short) == (False, "restoring", True)
    assert begun.moved == (Moved(there, f"{there}.{begun.mark}.before"), Moved(new, ""))
    assert record.begin("site", ONE, (there, new), told.append) == (True, begun)
    record.end("site", begun, begun.moved)
    assert record.of("site").state == "restored"
    assert record.begin("site", ONE, (there,), told.append)[0] is False, "that one has ended"
    assert (told, list(record.read())) == ([], ["site"])


def test_one_of_another_point_leaves_what_was_moved_aside_and_no_half_done_copy(
    record: FilesRecord, tmp_path: Path
) -> None:
    path, told = tmp_path / "there", list[str]()
    path.touch()
    _, first = record.begin("site", ONE, (str(path),), told.append)
    kept, copy = Path(first.moved[0].kept), Path(f"{path}.{first.mark}.new")
    path.rename(kept)
    copy.mkdir()
    again, second = record.begin("site", OTHER, (str(path),), told.append)
    assert (again, second.mark == first.mark) == (False, False)
    assert (kept.exists(), copy.exists()) == (True, False)
    assert told == [f"{kept} stays: a restore that was cut short moved it aside"]


def test_undoing_goes_to_and_fro_and_goes_on_where_it_was_cut_short(record: FilesRecord) -> None:
    _, begun = record.begin("site", ONE, ("/nowhere/a",), lambda _: None)
    record.end("site", begun, begun.moved)
    states = []
    for _ in range(2):
        was = record.of("site")
        undoing = record.undo("site", was, was.moved)
        assert record.of("site").undoing_cut_short
        assert record.undo("site", undoing, undoing.moved) == undoing, "the same mark"
        record.end("site", undoing, undoing.moved)
        states += [undoing.state, record.of("site").state]
    assert states == ["undoing", "undone", "redoing", "restored"]


def test_what_is_not_there_or_damaged_is_told_with_what_to_do(record: FilesRecord) -> None:
    with pytest.raises(UsageError, match="nothing to undo"):
        record.of("site")
    for text in (b"{", b"[]", b'{"site": {}}', b'{"site": 1}'):
        with pytest.raises(Damaged, match="cannot be understood"):
            restored_read(text)
    assert restored_read(b"") == {}
