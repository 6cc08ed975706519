"""Which packages a machine has, with their versions, by the records of dpkg, rpm and Python
themselves: no program is run.

A header of rpm: how many index entries there are and how long its data is; then the entries, of
tag, type, offset and count; then the data
(https://rpm-software-management.github.io/rpm/manual/format_header.html).
"""

import sqlite3
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from email.parser import HeaderParser
from importlib import metadata
from pathlib import Path

DPKG = Path("/var/lib/dpkg/status")
RPM = (Path("/usr/lib/sysimage/rpm/rpmdb.sqlite"), Path("/var/lib/rpm/rpmdb.sqlite"))

_NAME, _VERSION, _RELEASE = 1000, 1001, 1002
_STRING = 6
_ENTRY = struct.Struct(">IIII")


def packages() -> dict[str, str]:
    """By name; several versions of one with commas between them; none where nobody keeps them."""
    found = dpkg(DPKG)
    for path in RPM:
        found |= rpm(path)
    return found


def distributions(path: Sequence[str] | None = None) -> dict[str, str]:
    """Of Python, ours included, in the folders of `path`; in those of its own without."""
    found = metadata.distributions(path=list(sys.path if path is None else path))
    heads = (HeaderParser().parsestr(_head(one)) for one in found)
    return {str(head["Name"]): str(head["Version"]) for head in heads if head["Name"]}


def _head(one: metadata.Distribution) -> str:
    """What its record begins with, wherever its kind has it: what follows is a whole README, and
    would be parsed for each question.
    """
    names = ("METADATA", "PKG-INFO", "")
    record = next((text for text in map(one.read_text, names) if text), "")
    return record.partition("\n\n")[0]


def dpkg(path: Path) -> dict[str, str]:
    """Of Debian and the like."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    found = {}
    for paragraph in text.split("\n\n"):
        keys = dict(line.split(": ", 1) for line in paragraph.splitlines() if ": " in line[:40])
        if keys.get("Status", "").endswith(" installed"):
            found[keys.get("Package", "")] = keys.get("Version", "")
    return found


def rpm(path: Path) -> dict[str, str]:
    """Of Fedora, Red Hat, SUSE and the like, since they keep it in SQLite (rpm 4.16)."""
    if not path.exists():
        return {}
    found: dict[str, list[str]] = {}
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            for (blob,) in db.execute("SELECT blob FROM Packages"):
                said = dict(_texts(blob))
                version = f"{said.get(_VERSION, '')}-{said.get(_RELEASE, '')}"
                found.setdefault(said.get(_NAME, ""), []).append(version)
    except (sqlite3.Error, struct.error, IndexError):
        return {}
    return {name: ", ".join(sorted(versions)) for name, versions in found.items()}


def _texts(blob: bytes) -> Iterator[tuple[int, str]]:
    """The texts that are wanted of a header, by their tags."""
    count, _ = struct.unpack_from(">II", blob)
    data = 8 + count * _ENTRY.size
    for number in range(count):
        tag, kind, offset, _ = _ENTRY.unpack_from(blob, 8 + number * _ENTRY.size)
        if tag in (_NAME, _VERSION, _RELEASE) and kind == _STRING:
            begin = data + offset
            yield tag, blob[begin : blob.index(0, begin)].decode("utf-8", "replace")
