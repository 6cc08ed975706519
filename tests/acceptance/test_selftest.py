"""The selftest keeps all its promises, and notices when one is broken."""

import json
import os
import socket
import subprocess

import pytest

from tests.support.stack import AUTOHEAL
from vrooli.autoheal.selftest.scenario import scenario, scenario_names
from vrooli.main.selftest_lab import Broken, LocalLab

SECONDS = 1500

FAULTS = {
    "kill": "kill",
    "stop": "stop",
    "port squat": "port-squat",
    "fd exhaustion": "file-descriptors",
    "full tmpfs": "tmpfs-full",
    "DNS blackhole": "dns-blackhole",
    "clock jump": "clock-jump",
    "database outage": "database-outage",
    "slow dependency": "slow-dependency",
    "fork bomb within limits": "fork-bomb",
    "log flood": "log-flood",
    "flapping": "flapping",
    "crash loop": "crash-loop",
    "parent with 10 children": "parent-with-children",
    "restart storm": "restart-storm",
    "watchdog killed mid-heal": "watchdog-killed-mid-heal",
    "spool corrupted": "spool-corrupted",
}
"""What the product promises to survive, and where it is shown."""


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*AUTOHEAL, "selftest", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


@pytest.mark.timeout(SECONDS)
def test_every_promise_is_kept_on_this_machine() -> None:
    ended = _run("--json", "--jobs", "6")
    reports = json.loads(ended.stdout)
    assert {report["id"] for report in reports} == set(scenario_names())
    broken = {report["id"]: report["said"] for report in reports if report["ok"] is False}
    assert broken == {}
    assert ended.returncode == 0
    assert len(reports) >= 40
    untried = {report["id"]: report["said"] for report in reports if report["ok"] is None}
    assert all(untried.values()), "why it was not tried is said"
    if untried:
        pytest.skip(f"not possible on this machine: {untried}")


def test_every_fault_of_the_list_has_its_scenario() -> None:
    assert set(FAULTS.values()) <= set(scenario_names())


def test_a_port_of_a_lab_is_kept_from_others_and_can_be_served() -> None:
    lab = LocalLab()
    try:
        address = ("127.0.0.1", lab.port("web"))
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(address)
        with socket.create_server(address), socket.create_connection(address, timeout=5):
            pass
    finally:
        lab.close()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(address)


def test_a_page_too_many_and_a_page_too_few_are_broken_promises() -> None:
    lab = LocalLab()
    try:
        lab.service("web", heal="watch")
        lab.up()
        lab.kill("web")
        lab.paged("web")
        with pytest.raises(Broken, match=r"people are told of \['other'\]") as broken:
            lab.told(["other"], ["other"])
        assert "page: ['web']" in broken.value.next_step
        with pytest.raises(Broken, match=r"people are told of \[\]"):
            lab.told([], [])
        lab.told(["web"], ["web"])
    finally:
        lab.close()


def test_what_a_machine_cannot_have_is_not_counted_as_kept() -> None:
    root = os.geteuid() == 0
    command = ["setpriv", "--bounding-set=-sys_admin"] if root else []
    ended = subprocess.run(
        [*command, *AUTOHEAL, "selftest", "--scenario", "tmpfs-full"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "not here" in ended.stdout
    assert "nothing can be mounted here: Operation not permitted" in ended.stdout
    assert "1 scenarios: 0 kept, 0 broken, 1 not possible on this machine" in ended.stdout


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
