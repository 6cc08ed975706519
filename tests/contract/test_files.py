"""Port `Files`: this machine's, and the twin."""

from collections.abc import Callable
from pathlib import Path

import pytest

from vrooli.core.errors import StorageError
from vrooli.core.ports.files import Files
from vrooli.host.memory.files import MemoryFiles
from vrooli.host.readfiles import LocalFiles

CONTENT = {"one": "first\n", "folder/two": "second", "folder/deep/three": ""}


def _local(folder: Path) -> Files:
    for name, text in CONTENT.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return LocalFiles()


def _memory(folder: Path) -> Files:
    return MemoryFiles({f"{folder}/{name}": text for name, text in CONTENT.items()})


@pytest.fixture(params=[_local, _memory], ids=["local", "memory"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    make: Callable[[Path], Files] = request.param
    return make(tmp_path)


def test_content_is_bounded_and_may_begin_later(files: Files, tmp_path: Path) -> None:
    assert files.read(f"{tmp_path}/one") == b"first\n"
    assert files.read(f"{tmp_path}/one", 3, 1) == b"irs"
    assert files.read(f"{tmp_path}/folder/deep/three") == b""


def test_what_is_not_there_is_none_and_no_error(files: Files, tmp_path: Path) -> None:
    assert files.read(f"{tmp_path}/nothing") is None
    assert files.facts(f"{tmp_path}/nothing") is None
    assert files.names(f"{tmp_path}/nothing") == []


def test_a_folder_lists_what_lies_in_it(files: Files, tmp_path: Path) -> None:
    assert files.names(str(tmp_path)) == ["folder", "one"]
    assert files.names(f"{tmp_path}/folder") == ["deep", "two"]


def test_facts_tell_files_and_folders_apart(files: Files, tmp_path: Path) -> None:
    one, folder = files.facts(f"{tmp_path}/one"), files.facts(f"{tmp_path}/folder")
    assert one is not None
    assert (one.kind, one.size) == ("file", 6)
    assert folder is not None
    assert folder.kind == "folder"


def test_a_folder_is_no_file(files: Files, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be read"):
        files.read(f"{tmp_path}/folder")
