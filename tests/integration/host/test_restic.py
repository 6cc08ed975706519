"""A repository of restic, by the real program: what is held of points goes there and comes back,
what is damaged or cut is told, and what is forgotten is gone.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stackfile import StackFile
from tests.unit.backup.made import ID, new_keys, part_of, point_of, stored
from vrooli.backup.foreign import opened
from vrooli.backup.point import Part
from vrooli.backup.store import Store
from vrooli.core.errors import ConfigError, Damaged, StorageError
from vrooli.core.home import Home
from vrooli.host.blob_folder import BlobFolder
from vrooli.host.restic import Restic, program, require_new
from vrooli.main.backup_restic import Repositories
from vrooli.main.backup_spread import BackupSpread
from vrooli.main.backup_stores import BackupStores
from vrooli.stack.compiled import write_compiled


def _missing() -> bool:
    """Debian 12 has an older one."""
    try:
        require_new(program())
    except ConfigError:
        return True
    return False


pytestmark = pytest.mark.skipif(_missing(), reason="there is no restic 0.17 or newer here")
KEYS = new_keys()
DATA = os.urandom(3_000_000)


@pytest.fixture
def source(tmp_path: Path) -> Store:
    """A store with a point: a copy of a database, and files."""
    store = Store(BlobFolder(tmp_path / "store"), KEYS.mac)
    database = part_of(stored(b"pages", store, KEYS))
    written = stored(DATA, store, KEYS)
    files = Part("files", "files", "tree", written.plain, written.digest, tuple(written.packs))
    store.keep(point_of(database, files))
    return store


@pytest.fixture
def repositories(tmp_path: Path) -> Repositories:
    """With one, which is not there yet."""
    (tmp_path / "password").write_text("secret", encoding="ascii")
    (tmp_path / "password").chmod(0o600)
    url = f"restic:{tmp_path}/repo"
    text = f'[backup.stores.repo]\nurl = "{url}"\npassword = "file:{tmp_path}/password"\n'
    home = Home(tmp_path / "home", tmp_path / "run")
    home.root.mkdir()
    write_compiled(StackFile(tmp_path).load(text), home.stack_json)
    return Repositories(BackupStores(home, {}), KEYS)


def _read(repositories: Repositories) -> bytes:
    """As a command that looks into this store alone."""
    store = BackupSpread(repositories.stores, KEYS, lambda _: None).reading("repo")
    (part,) = store.point(ID).parts
    with opened(part, store, KEYS, 1, lambda _: None) as reader:
        return reader.read()


def test_what_is_held_of_a_point_comes_back_is_checked_and_forgotten(
    source: Store, repositories: Repositories, tmp_path: Path
) -> None:
    sent, errors = repositories.spread(source, lambda *_: None)
    assert (sent, errors) == ({"repo": len(DATA)}, {})
    assert repositories.spread(source, lambda *_: None) == ({"repo": 0}, {})
    assert _read(repositories) == DATA
    assert repositories.check("repo", None).of > len(DATA)
    largest = max((tmp_path / "repo" / "data").rglob("*"), key=lambda path: path.stat().st_size)
    whole = largest.read_bytes()
    largest.chmod(0o600)
    largest.write_bytes(whole[:500_000] + bytes([whole[500_000] ^ 1]) + whole[500_001:])
    with pytest.raises(StorageError, match="restic check ended with 1"):
        repositories.check("repo", None)
    largest.write_bytes(whole)
    Store(repositories.blobs("repo"), KEYS.mac).forget(ID)
    repositories.sweep("repo")
    assert repositories.blobs("repo").known() == {}


def test_what_was_cut_is_never_taken_for_whole(source: Store, repositories: Repositories) -> None:
    def failing() -> Iterator[bytes]:
        yield DATA[:1000]
        raise Damaged("a piece is missing", next_step="")

    restic = repositories.blobs("repo").restic
    restic.begin()
    name = f"parts/{ID}/files.tar"
    with pytest.raises(Damaged):
        restic.keep(name, failing())
    assert repositories.blobs("repo").known() == {}, "whoever fails leaves no snapshot"
    restic.keep(name, [DATA[:1000]])  # as who is killed leaves one
    assert repositories.spread(source, lambda *_: None)[1] == {}
    assert _read(repositories) == DATA
    restic.keep(name, [DATA[:1000]])
    with pytest.raises(Damaged):
        _read(repositories)
    assert "secret" not in repr(restic)
    wrong = Restic(restic.repository, "another", restic.cache)
    with pytest.raises(StorageError, match="12") as refused:
        wrong.snapshots()
    assert "password" in refused.value.next_step
