"""Each bench tells its usage, and refuses what it does not know before it measures anything."""

import subprocess
import sys

import pytest

from tests.support.stack import ROOT

NAMES = sorted(path.stem for path in (ROOT / "bench").glob("[a-z]*.py"))


def _run(*words: str) -> tuple[int, str, str]:
    argv = [sys.executable, "-m", *words]
    ended = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize("name", NAMES)
def test_it_tells_what_it_measures(name: str) -> None:
    code, told, wrong = _run(f"bench.{name}", "--help")
    assert (code, wrong) == (0, "")
    about = (ROOT / "bench" / f"{name}.py").read_text(encoding="utf-8").split('"""')[1]
    assert about.strip() in told
    assert told.startswith(f"usage: python -m bench.{name} ")


@pytest.mark.parametrize("name", NAMES)
def test_what_it_does_not_know_is_refused(name: str) -> None:
    code, told, wrong = _run(f"bench.{name}", "--nonsense")
    assert (code, told) == (2, "")
    assert "--nonsense" in wrong


def test_values_are_looked_at() -> None:
    for words, why in (
        (("bench.backup", "--rounds", "none"), "not `none`"),
        (("bench.idle_swarms", "--rounds", "0"), "not `0`"),
        (("bench.triage", "disk-ful"), "there is no fault disk-ful; choose of: "),
        (("bench.triage", "--fresh", "--held-out"), "not allowed with"),
    ):
        code, told, wrong = _run(*words)
        assert (code, told, why in wrong) == (2, "", True), wrong
