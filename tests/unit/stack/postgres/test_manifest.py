"""The manifest of a base backup: what is missing, other, or of another size is told."""

import hashlib
import json
from pathlib import Path

import pytest

from vrooli.core.errors import StartFailed
from vrooli.stack.postgres.manifest import problems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A base backup of two files, with WAL that the manifest says nothing of."""
    (tmp_path / "base").mkdir()
    (tmp_path / "pg_wal").mkdir()
    (tmp_path / "PG_VERSION").write_bytes(b"18\n")
    (tmp_path / "base" / "1259").write_bytes(b"page")
    (tmp_path / "pg_wal" / "000000010000000000000004").write_bytes(b"wal")
    _write(tmp_path, {"PG_VERSION": 3, "base/1259": 4, "pg_wal/archive_status/x.done": 0})
    return tmp_path


def _write(folder: Path, files: dict[str, int]) -> None:
    listed = [{"Path": path, "Size": size} for path, size in files.items()]
    text = '{"Files": ' + json.dumps(listed) + ",\n"
    mac = hashlib.sha256(text.encode()).hexdigest()
    whole = f'{text}"Manifest-Checksum": "{mac}"}}\n'
    (folder / "backup_manifest").write_text(whole, encoding="utf-8")


def test_a_whole_one_has_no_problems(folder: Path) -> None:
    assert problems(folder) == []


def test_what_differs_is_told(folder: Path) -> None:
    (folder / "PG_VERSION").unlink()
    (folder / "base" / "1259").write_bytes(b"pag")
    (folder / "base" / "evil").write_bytes(b"x")
    assert problems(folder) == [
        "PG_VERSION is missing",
        "base/1259 has 3 bytes, the server sent 4",
        "base/evil is not from the server",
    ]


def test_a_damaged_manifest_is_no_manifest(folder: Path) -> None:
    path = folder / "backup_manifest"
    path.write_bytes(path.read_bytes().replace(b'"Size": 4', b'"Size": 5'))
    with pytest.raises(StartFailed, match="its own checksum is another"):
        problems(folder)
    path.unlink()
    with pytest.raises(StartFailed, match="cannot be used"):
        problems(folder)
