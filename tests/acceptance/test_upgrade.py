"""An `up` from another installation takes a running stack over."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.support.stack import ROOT, Ended, LiveStack, said


@pytest.fixture
def web(stack: LiveStack) -> LiveStack:
    """One service, up and well."""
    stack.add("web")
    stack.write()
    stack.up()
    stack.until_ok()
    return stack


def test_keeper_and_watchdog_are_those_of_the_latest_up_and_services_run_on(
    web: LiveStack,
) -> None:
    before = web.pids("web", "keeper", "autoheal")
    other = _another_installation(web.folder / "another")
    _up(web, other)
    web.until_ok()
    after = web.pids("web", "keeper", "autoheal")
    assert after["web"] == before["web"]
    for name in ("keeper", "autoheal"):
        assert after[name] != before[name]
        assert _command(after[name])[0] == str(other)
    _up(web, other)
    assert web.pids("web", "keeper", "autoheal") == after
    web.kill("autoheal")
    web.until(
        lambda: web.service("autoheal").get("pid") not in (None, after["autoheal"]), "a new one"
    )
    assert _command(web.pid("autoheal"))[0] == str(other)
    web.down()


def _another_installation(folder: Path) -> Path:
    """An environment of its own with the same packages; its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    lines = [sysconfig.get_path("purelib"), str(ROOT / "src"), ""]
    (Path(found.stdout.strip()) / "shared.pth").write_text("\n".join(lines), encoding="utf-8")
    return python


def _up(stack: LiveStack, python: Path) -> Ended:
    ended = subprocess.run(
        [python, "-m", "vrooli", "up"],
        cwd=stack.folder,
        env=stack.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, said(ended)
    return ended


def _command(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")
