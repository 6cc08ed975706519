"""Secrets, on disk and in memory."""

import os
import stat
import threading
from pathlib import Path

import pytest

from vrooli.core.errors import SecretError, StorageError, UnsetVariable
from vrooli.core.ports.secrets import Secrets
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.host.secrets import LARGEST, FileSecrets, secret_in

VALUE = "hunter2-hunter2"


def private(path: Path, content: bytes | str, mode: int = 0o600) -> Path:
    """A file with this content and mode."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)
    return path


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Secrets:
    """Knows `env:TOKEN` and a file, and an empty variable."""
    path = private(tmp_path / "token", f"{VALUE}\n")
    if request.param == "memory":
        return MemorySecrets({"env:TOKEN": VALUE, f"file:{path}": f"{VALUE}\n", "env:EMPTY": ""})
    return FileSecrets(tmp_path / "home" / "secrets", {"TOKEN": VALUE, "EMPTY": ""})


@pytest.fixture
def disk(tmp_path: Path) -> FileSecrets:
    """The real one alone."""
    return FileSecrets(tmp_path / "home" / "secrets", {})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where `disk` keeps our own secrets."""
    return tmp_path / "home" / "secrets"


def test_a_reference_is_resolved(store: Secrets, tmp_path: Path) -> None:
    assert store.resolve("env:TOKEN") == VALUE
    assert store.resolve(f"file:{tmp_path}/token") == VALUE


@pytest.mark.parametrize("reference", ["env:NOTHING", "file:/nothing/here", "env:EMPTY"])
def test_what_cannot_be_resolved_is_named(store: Secrets, reference: str) -> None:
    with pytest.raises(SecretError) as caught:
        store.resolve(reference)
    assert reference in str(caught.value)


@pytest.mark.parametrize(
    ("reference", "unset"),
    [("env:NOTHING", True), ("env:EMPTY", False), ("file:/nothing/here", False)],
)
def test_a_variable_that_is_not_set_is_told_from_one_that_cannot_be_used(
    store: Secrets, reference: str, unset: bool
) -> None:
    with pytest.raises(SecretError) as caught:
        store.resolve(reference)
    assert isinstance(caught.value, UnsetVariable) is unset


@pytest.mark.parametrize("text", [VALUE, "", f"postgres://me:{VALUE}@db", "resource:postgres"])
def test_what_is_no_reference_is_refused_and_not_repeated(store: Secrets, text: str) -> None:
    with pytest.raises(SecretError) as caught:
        store.resolve(text)
    assert VALUE not in str(caught.value)


def test_our_own_secrets_are_long_random_and_stay_the_same(store: Secrets) -> None:
    one, other = store.create("operator.token"), store.create("db-role")
    assert one != other
    assert len(one) >= 43  # 256 bits in base64
    assert store.create("operator.token") == one


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden"])
def test_a_name_cannot_leave_the_folder(store: Secrets, name: str) -> None:
    with pytest.raises(SecretError):
        store.create(name)


def test_neither_shows_a_value(store: Secrets) -> None:
    assert VALUE not in repr(store)


def test_our_own_secrets_are_private(disk: FileSecrets, folder: Path) -> None:
    before = os.umask(0)
    try:
        value = disk.create("operator.token")
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "operator.token").stat().st_mode) == 0o600
    assert (folder / "operator.token").read_text(encoding="utf-8") == f"{value}\n"
    assert [entry.name for entry in folder.iterdir()] == ["operator.token"]


def test_rights_that_somebody_gave_are_taken_away(disk: FileSecrets, folder: Path) -> None:
    disk.create("operator.token")
    folder.chmod(0o755)
    (folder / "operator.token").chmod(0o644)
    disk.create("operator.token")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "operator.token").stat().st_mode) == 0o600


def test_several_makers_at_once_get_the_same_value(disk: FileSecrets) -> None:
    barrier, values = threading.Barrier(8), []

    def make() -> None:
        barrier.wait()
        values.append(disk.create("shared"))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(values) == 8
    assert len(set(values)) == 1


def test_a_link_is_not_taken_for_our_own_secret(
    disk: FileSecrets, folder: Path, tmp_path: Path
) -> None:
    folder.mkdir(parents=True)
    (folder / "operator.token").symlink_to(private(tmp_path / "other", VALUE))
    with pytest.raises(StorageError):
        disk.create("operator.token")


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(StorageError, match="cannot keep a secret"):
        FileSecrets(tmp_path / "home" / "secrets", {}).create("x")


def test_a_file_that_every_user_can_read_is_refused(disk: FileSecrets, tmp_path: Path) -> None:
    path = private(tmp_path / "token", VALUE, 0o644)
    with pytest.raises(SecretError, match=f"chmod 600 {path}") as caught:
        disk.resolve(f"file:{path}")
    assert VALUE not in str(caught.value)
    path.chmod(0o640)
    assert disk.resolve(f"file:{path}") == VALUE


def test_only_the_last_newline_is_taken_off(disk: FileSecrets, tmp_path: Path) -> None:
    path = private(tmp_path / "token", " a\nb \n\n")
    assert disk.resolve(f"file:{path}") == " a\nb \n"


def test_a_link_to_a_private_file_is_followed(disk: FileSecrets, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(private(tmp_path / "token", VALUE))
    assert disk.resolve(f"file:{link}") == VALUE


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"a\0b", "zero byte"),
        (b"\xff\xfe", "not UTF-8"),
        (b"x" * (LARGEST + 1), "larger than"),
    ],
)
def test_what_cannot_be_a_secret_is_refused(
    disk: FileSecrets, tmp_path: Path, content: bytes, words: str
) -> None:
    path = private(tmp_path / "token", content)
    with pytest.raises(SecretError, match=words):
        disk.resolve(f"file:{path}")


def test_what_is_no_regular_file_is_refused_without_waiting(
    disk: FileSecrets, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "fifo", 0o600)
    for path in (tmp_path / "fifo", tmp_path, Path("/dev/zero")):
        with pytest.raises(SecretError, match="not a file"):
            disk.resolve(f"file:{path}")


def test_one_that_lies_in_a_folder_of_somebody_leaves_that_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    made = secret_in(tmp_path / "key")
    assert len(made) >= 43
    assert secret_in(tmp_path / "key") == made
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    (tmp_path / "link").symlink_to(tmp_path / "key")
    assert secret_in(tmp_path / "link") == made
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(SecretError, match="every user"):
        secret_in(tmp_path / "key")
    with pytest.raises(StorageError):
        secret_in(Path("/proc/nowhere/key"))
