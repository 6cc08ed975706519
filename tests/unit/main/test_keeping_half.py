"""Commands of the work half where only the keeping half is installed."""

import subprocess
import sys
from pathlib import Path

import pytest

WITHOUT = """
import sys
for name in ("fastapi", "asyncpg", "jsonschema", "ruamel", "cel"):
    sys.modules[name] = None  # to Python it is not there
sys.argv[0] = "vrooli"
from vrooli.main.cli import main
main()
"""


@pytest.mark.parametrize("words", [["routine", "lint", "r.yaml"], ["serve"], ["migrate"]])
def test_they_say_what_is_missing(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("name: x\ndo: [{step: a, value: {}}]\n", encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT, *words],
        cwd=tmp_path,
        env={"VROOLI_HOME": str(tmp_path / "h"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    assert "the work half, which is not installed" in ended.stderr
    assert "Traceback" not in ended.stderr
