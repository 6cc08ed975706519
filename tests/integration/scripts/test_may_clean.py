"""`make clean` beside what runs from the folder that it would remove."""

import shutil
import subprocess
from pathlib import Path

from tests.support.root import mounts
from tests.support.stack import ROOT


def _ask(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "scripts/may-clean"], capture_output=True, text=True, check=False
    )


def test_it_is_refused_with_the_process_while_one_runs_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/may-clean", tmp_path / "scripts")
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    sleep = shutil.which("sleep")
    assert sleep is not None
    shutil.copy(sleep, programs / "python")
    assert _ask(tmp_path).returncode == 0
    with subprocess.Popen([programs / "python", "600"]) as running:
        asked = _ask(tmp_path)
        running.kill()
    assert asked.returncode == 1
    assert f"process {running.pid} runs from .venv" in asked.stderr
    assert "next: `./vrooli down`" in asked.stderr
    assert _ask(tmp_path).returncode == 0


@mounts
def test_a_process_that_ends_while_it_looks_is_no_complaint() -> None:
    """In a /proc that has a folder of one, and nothing in it any more."""
    look = f"mount -t tmpfs none /proc && mkdir /proc/7 && ln -s gone /proc/7/cmdline && {ROOT}"
    command = ["unshare", "-m", "--propagation", "private", "sh", "-c", f"{look}/scripts/may-clean"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stderr) == (0, "")
