"""The selftest keeps all its promises, and notices when one is broken."""

import json
import subprocess

import pytest

from tests.support.stack import AUTOHEAL
from vrooli.autoheal.selftest.scenario import scenario, scenario_names
from vrooli.main.selftest_lab import Broken, LocalLab

SECONDS = 1500


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*AUTOHEAL, "selftest", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


@pytest.mark.timeout(SECONDS)
def test_every_promise_is_kept_on_this_machine() -> None:
    ended = _run("--json", "--jobs", "4")
    reports = json.loads(ended.stdout)
    assert {report["id"] for report in reports} == set(scenario_names())
    broken = {report["id"]: report["said"] for report in reports if report["ok"] is False}
    assert broken == {}
    assert ended.returncode == 0
    assert len(reports) >= 30


def test_a_broken_promise_is_said_with_its_story() -> None:
    lab = LocalLab()
    try:
        lab.service("web", heal="watch")
        lab.up()
        lab.kill("web")
        with pytest.raises(Broken, match="not so: it is well all the time") as broken:
            lab.quiet(30, lambda: lab.state("web").get("health") == "ok", "it is well all the time")
        assert "web: " in broken.value.next_step
    finally:
        lab.close()


def test_scenarios_are_listed_and_a_misspelled_one_is_named() -> None:
    listed = _run("--list")
    for name in scenario_names():
        assert scenario(name).promise in listed.stdout
    ended = _run("--scenario", "kil")
    assert ended.returncode == 2
    assert "did you mean `kill`?" in ended.stderr
