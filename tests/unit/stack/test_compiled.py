"""`stack.json`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stackfile import PYTHON, StackFile
from vrooli.core.errors import ConfigError, StorageError
from vrooli.stack.compiled import LARGEST, read_compiled, write_compiled
from vrooli.stack.load import load_stack

RICH = """
    [resources.db]
    kind = "postgres"
    settings = { work_mem = "8MB" }
    [scenarios.web]
    command = ["web", "--fast"]
    instances = 2
    port = 8000
    needs = ["db"]
    env = { DATABASE_URL = "resource:db" }
    stop_signal = ["INT", "QUIT"]
    health = { exec = ["check", "web"], interval = "1s" }
    [checks.system-disk]
    warning = 80
    critical = 90
    [checks.site]
    kind = "endpoint-http"
    url = "https://example.org"
    status = [200]
"""


def test_what_is_written_is_read_back(file: StackFile, tmp_path: Path) -> None:
    for stack in (file.load(RICH), load_stack(None, PYTHON)):
        write_compiled(stack, tmp_path / "stack.json")
        assert read_compiled(tmp_path / "stack.json") == stack


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="vrooli up"):
        read_compiled(tmp_path / "stack.json")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"name": 1}', b"\xff", b"[" * 100_000, b'{"services": 3}']
)
def test_a_damaged_file_is_a_config_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="damaged"):
        read_compiled(path)


def test_an_enormous_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    path.write_bytes(b" " * (LARGEST + 1))
    with pytest.raises(ConfigError, match="too large"):
        read_compiled(path)


def test_an_unknown_key_of_a_service_is_damage(tmp_path: Path) -> None:
    data = load_stack(None, PYTHON).to_json()
    data["services"]["server"]["colour"] = "blue"
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ConfigError, match="damaged"):
        read_compiled(path)


def test_a_folder_that_is_not_there_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot write"):
        write_compiled(load_stack(None, PYTHON), tmp_path / "gone" / "stack.json")


def test_a_failed_write_leaves_the_old_stack(file: StackFile, tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    path.mkdir()
    with pytest.raises(StorageError):
        write_compiled(file.load(RICH), path)
    assert [entry.name for entry in tmp_path.glob("*stack.json*")] == ["stack.json"]


def test_reading_needs_no_pydantic() -> None:
    modules = "vrooli.stack.compiled, vrooli.stack.graph, vrooli.stack.diff, vrooli.stack.find"
    program = f"import sys, {modules}; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
