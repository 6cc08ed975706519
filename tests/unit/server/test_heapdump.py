"""Heap dumps: real files, private, few."""

import json
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from vrooli.core.errors import StorageError
from vrooli.server import memory
from vrooli.server.heapdump import KEEP, Trace, dump


def test_a_dump_without_tracing_holds_the_census(tmp_path: Path) -> None:
    path = dump(tmp_path / "dumps", Trace.KEEP)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["census.json"]
        census = json.loads(archive.read("census.json"))
    assert census["rss_bytes"] > 1_000_000
    assert census["heap"] == {"tracing": False, "current_bytes": None, "peak_bytes": None}
    assert {"type", "count"} == set(census["top_types"][0])


TRACED = """
import sys, tracemalloc, zipfile
from pathlib import Path
from vrooli.server.heapdump import Trace, dump

folder = Path(sys.argv[1])
dump(folder, Trace.START)
kept = [bytes(1000) for _ in range(5000)]
path = dump(folder, Trace.STOP)
assert not tracemalloc.is_tracing()
with zipfile.ZipFile(path) as archive:
    archive.extract("tracemalloc.snapshot", folder)
snapshot = tracemalloc.Snapshot.load(str(folder / "tracemalloc.snapshot"))
here = snapshot.filter_traces([tracemalloc.Filter(True, "<string>")])
assert sum(trace.size for trace in here.traces) > len(kept) * 1000
"""


def test_a_traced_dump_shows_where_memory_was_taken(tmp_path: Path) -> None:
    """In a process of its own: this one has millions of objects, of which each is traced."""
    command = [sys.executable, "-c", TRACED, str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    paths = [dump(tmp_path, Trace.KEEP) for _ in range(KEEP + 2)]
    assert sorted(tmp_path.iterdir()) == sorted(paths[2:])


def test_a_disk_that_refuses_is_a_storage_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StorageError, match="could not be written"):
        dump(tmp_path / "file", Trace.KEEP)


def test_the_census_is_bounded() -> None:
    assert len(memory.census(10**9)) <= memory.MAX_TYPES
    assert len(memory.census(0)) == 1
    assert [line["generation"] for line in memory.generations()] == [0, 1, 2]
