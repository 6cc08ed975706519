"""What was unpacked comes where it was; what is there is moved aside, and no link is followed."""

import os
from pathlib import Path

import pytest

from tests.support import root
from tests.support.disks import tmpfs
from vrooli.backup import placing
from vrooli.core.errors import Refused, StorageError


def _staged(folder: Path) -> Path:
    staged = folder / "staged" / "site"
    (staged / "deep").mkdir(parents=True)
    (staged / "deep" / "text").write_text("restored", encoding="ascii")
    (staged / "out").symlink_to("/etc/passwd")
    (staged / "deep").chmod(0o750)
    os.utime(staged / "deep", (1_000_000_000, 1_000_000_000))
    return staged


def _is_restored(target: Path) -> None:
    assert (target / "deep" / "text").read_text(encoding="ascii") == "restored"
    assert os.readlink(target / "out") == "/etc/passwd"
    found = (target / "deep").stat()
    assert (found.st_mode & 0o7777, found.st_mtime) == (0o750, 1_000_000_000)


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "srv" / "site"
    assert placing.put(_staged(tmp_path), str(target), "m") == ""
    _is_restored(target)
    (target / "deep" / "text").write_text("later", encoding="ascii")
    (tmp_path / "staged" / "site").mkdir()
    kept = Path(placing.put(tmp_path / "staged" / "site", str(target), "m"))
    assert list(target.iterdir()) == []
    assert (kept / "deep" / "text").read_text(encoding="ascii") == "later"
    assert sorted(path.name for path in target.parent.iterdir()) == ["site", "site.m.before"]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (tmp_path / "site").symlink_to(mine)
    kept = placing.put(_staged(tmp_path), str(tmp_path / "site"), "m")
    assert os.readlink(kept) == str(mine)
    assert (list(mine.iterdir()), (tmp_path / "site").is_symlink()) == ([], False)


def test_a_link_in_front_is_refused(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (tmp_path / "srv").symlink_to(mine)
    staged = _staged(tmp_path)
    with pytest.raises(Refused, match="is a link"):
        placing.put(staged, str(tmp_path / "srv" / "site"), "m")
    with pytest.raises(Refused, match="root of a file system"):
        placing.put(staged, "/", "m")
    assert (list(mine.iterdir()), staged.exists()) == ([], True)


@root.mounts
def test_it_comes_to_another_file_system_with_all_that_it_is(tmp_path: Path) -> None:
    staged, other = _staged(tmp_path), tmp_path / "other"
    os.chown(staged / "deep", 65534, 65534)
    other.mkdir()
    with tmpfs(other, 1_000_000):
        target = other / "srv" / "site"
        placing.put(staged, str(target), "m")
        _is_restored(target)
        assert (target / "deep").stat().st_uid == 65534
        assert [path.name for path in target.parent.iterdir()] == ["site"]


def test_what_was_there_is_there_when_it_cannot_be_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, renamed = tmp_path / "site", os.rename
    target.mkdir()
    (target / "mine").touch()

    def refused(source: str, to: str, **where: int) -> None:
        if str(source).endswith(".new"):
            raise OSError(28, "No space left on device")
        renamed(source, to, **where)

    monkeypatch.setattr(os, "rename", refused)
    with pytest.raises(StorageError, match="No space left"):
        placing.put(_staged(tmp_path), str(target), "m")
    assert [path.name for path in target.iterdir()] == ["mine"]


def test_what_was_cut_short_is_done_again_and_nothing_that_was_there_goes(tmp_path: Path) -> None:
    target = tmp_path / "site"
    for name in ("site", "site.m.before", "site.m.new", "site.m.new.d"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine").write_text(name, encoding="ascii")
    kept = Path(placing.put(_staged(tmp_path), str(target), "m"))
    _is_restored(target)
    assert (kept.name, (kept / "mine").read_text(encoding="ascii")) == ("site.m.before-2", "site")
    assert (tmp_path / "site.m.before" / "mine").exists()
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"site", "site.m.before", "site.m.before-2", "staged"}


def test_what_stands_in_the_way_is_seen_before(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    assert placing.obstacle(str(tmp_path / "new" / "site")) == ""
    assert "is a link" in placing.obstacle(str(tmp_path / "link" / "site"))
    assert "root of a file system" in placing.obstacle("/")


def test_what_was_moved_aside_is_exchanged_and_exchanged_again(tmp_path: Path) -> None:
    target, gone = tmp_path / "site", tmp_path / "gone"
    target.write_text("old", encoding="ascii")
    kept = placing.put(_staged(tmp_path), str(target), "m")
    assert kept == placing.kept_as(str(target), "m")
    again = placing.exchange(str(target), kept, "n")
    assert (target.read_text(encoding="ascii"), again) == ("old", f"{target}.n.before")
    assert placing.exchange(str(target), again, "o") == f"{target}.o.before"
    _is_restored(target)
    gone.write_text("put where nothing was", encoding="ascii")
    aside = placing.exchange(str(gone), "", "n")
    assert (gone.exists(), aside) == (False, f"{gone}.n.before")
    assert placing.exchange(str(gone), aside, "o") == ""
    assert gone.read_text(encoding="ascii") == "put where nothing was"


def test_an_exchange_that_was_cut_short_goes_on_and_nothing_is_lost(tmp_path: Path) -> None:
    target, kept = tmp_path / "site", tmp_path / "site.m.before"
    kept.write_text("old", encoding="ascii")
    (tmp_path / "site.n.before").write_text("new", encoding="ascii")
    assert placing.exchange(str(target), str(kept), "n") == f"{target}.n.before"
    assert target.read_text(encoding="ascii") == "old"
    assert placing.exchange(str(target), str(kept), "n") == f"{target}.n.before", "done already"
    os.rename(target, kept)
    target.write_text("made meanwhile", encoding="ascii")
    placing.exchange(str(target), str(kept), "n")
    held = {path.name: path.read_text(encoding="ascii") for path in tmp_path.iterdir()}
    assert held == {
        "site": "old", "site.n.before": "new", "site.n.before-2": "made meanwhile",
    }  # fmt: skip
    (tmp_path / "site.n.new").mkdir()
    placing.tidy(str(target), "n")
    assert not (tmp_path / "site.n.new").exists()
