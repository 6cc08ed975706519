"""Which packages there are, by what dpkg and rpm keep."""

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

from vrooli.backup.installed import distributions, dpkg, rpm


def test_dpkg_names_what_is_installed(tmp_path: Path) -> None:
    file = tmp_path / "status"
    file.write_text(
        "Package: a\nStatus: install ok installed\nVersion: 1:2-3\nDescription: x\n y: z\n\n"
        "Package: b\nStatus: deinstall ok config-files\nVersion: 1\n",
        encoding="utf-8",
    )
    assert dpkg(file) == {"a": "1:2-3"}
    assert dpkg(tmp_path / "none") == {}


def _header(*texts: tuple[int, str]) -> bytes:
    """As rpm writes one; the first entry is of another type than a text."""
    entries, data = struct.pack(">IIII", 63, 7, 0, 16), bytes(16)
    for tag, text in texts:
        entries += struct.pack(">IIII", tag, 6, len(data), 1)
        data += text.encode() + b"\0"
    return struct.pack(">II", len(texts) + 1, len(data)) + entries + data


def test_rpm_names_each_version(tmp_path: Path) -> None:
    file = tmp_path / "rpmdb.sqlite"
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
        for version in ("6.1", "6.9"):
            blob = _header(
                (1000, "kernel"), (1001, version), (1002, "1.fc44"), (1004, "The kernel")
            )
            db.execute("INSERT INTO Packages (blob) VALUES (?)", (blob,))
    assert rpm(file) == {"kernel": "6.1-1.fc44, 6.9-1.fc44"}
    file.write_bytes(b"no database")
    assert rpm(file) == {}


def test_those_of_python_are_told_by_the_head_of_their_record(tmp_path: Path) -> None:
    for folder, file in (("a-1.dist-info", "METADATA"), ("b.egg-info", "PKG-INFO")):
        (tmp_path / folder).mkdir()
        head = f"Metadata-Version: 2.1\nName: {folder[0]}.x\nVersion: 1.0+{folder[0]}\n"
        (tmp_path / folder / file).write_text(f"{head}\nName: another\n", encoding="utf-8")
    (tmp_path / "empty-1.dist-info").mkdir()
    (tmp_path / "c-3.egg-info").write_text("Name: c\nVersion: 3\n", encoding="utf-8")
    assert distributions([str(tmp_path)]) == {"a.x": "1.0+a", "b.x": "1.0+b", "c": "3"}
    assert distributions()["vrooli"]
