"""Units of a real systemd: adopted, started, healed where systemd does not, and left alone where a
person or systemd has them in hand.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.held_units import main_pid
from tests.support.hosted_stack import FILE, FOLDER, HostedStack
from tests.support.stack import PROGRAM
from tests.support.systemd_host import SystemdHost, systemd_host

RESTART = ("Restart=always", "RestartSec=200ms")
LIMIT = ("StartLimitIntervalSec=600", "StartLimitBurst=2")
ALL = ("store", "web", "kept")
UNITS = ("web", "kept")


def _add_unit(host: SystemdHost, name: str, port: int, *lines: str) -> None:
    sick = f"--sick-while {FOLDER}/sick-{name}"
    host.add_unit(
        f"{name}.service",
        f"ExecStart=python3 -S {FOLDER}/{PROGRAM.name} --say hello {sick}",
        f"Environment=HOST=127.0.0.1 PORT={port} VROOLI_SERVICE={name}",
        f"WorkingDirectory={FOLDER}",
        *lines,
        unit=LIMIT if lines else (),
    )


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[HostedStack]:
    """`store`, a process, and two units that need it: `web`, and `kept`, which systemd restarts."""
    with systemd_host(tmp_path) as host:
        made = HostedStack(host)
        del made.sections["scenarios.extra"]
        for port, name in enumerate(UNITS, 21002):
            made.sections[f"scenarios.{name}"] = {
                "runtime": "systemd",
                "unit": f"{name}.service",
                "port": port,
                "needs": ["store"],
                "health": {"http": "/", "interval": 0.5},
            }
        made.write()
        _add_unit(host, "web", 21002)
        _add_unit(host, "kept", 21003, *RESTART)
        yield made


@pytest.fixture
def up(stack: HostedStack) -> HostedStack:
    """The same, up and well."""
    stack.vrooli("up")
    stack.until_ok(*ALL)
    return stack


def _until_healed(stack: HostedStack, name: str, *actions: str) -> None:
    stack.until(lambda: [x["outcome"] for x in stack.heals(name)] == ["healed"], f"{name} healed")
    [heal] = stack.heals(name)
    assert [attempt["action"] for attempt in heal["attempts"]] == [*actions]


def test_up_adopts_what_runs_starts_what_does_not_and_down_stops_both(stack: HostedStack) -> None:
    stack.host.run("systemctl", "start", "kept.service")
    kept = main_pid(stack.host, "kept.service")
    stack.vrooli("up")
    pids = stack.until_ok(*ALL)
    assert pids["kept"] == kept
    assert pids["web"] == main_pid(stack.host, "web.service")
    assert stack.rows()["web"]["runtime"] == "systemd"
    stack.vrooli("up")
    assert stack.until_ok(*ALL) == pids
    assert stack.host.run("vrooli", "logs", "web", "--file", FILE).stdout == "hello\n"
    refused = stack.host.run("vrooli", "logs", "web", "-f", "--file", FILE, check=False)
    assert "`journalctl --follow --unit web.service`" in refused.stderr
    advice = stack.vrooli("config", "check").stderr
    assert "kept: systemd restarts unit `kept.service` first (`always`)" in advice
    assert "web: " not in advice
    stack.vrooli("down")
    states = [stack.host.show(f"{name}.service", "ActiveState", "Result") for name in UNITS]
    assert states == 2 * [{"ActiveState": "inactive", "Result": "success"}]
    assert not stack.host.mounted("/run/vrooli").exists() or not any(
        stack.host.mounted("/run/vrooli").iterdir()
    )


def test_what_is_killed_is_healed_by_systemd_where_it_does_that_and_else_by_us(
    up: HostedStack,
) -> None:
    before = up.until_ok(*ALL)
    up.kill(before["kept"])
    up.until(lambda: len(up.starts("kept")) == 2, "systemd starts it again")
    after = up.until_ok(*ALL)
    assert up.heals("kept") == []
    up.kill(after["web"])
    _until_healed(up, "web", "start")
    last = up.until_ok(*ALL)
    assert [len(up.starts(name)) for name in UNITS] == [2, 2]
    assert (last["store"], last["kept"]) == (before["store"], after["kept"])
    assert up.rows()["web"]["restarts_24h"] == 1

    # It has been started twice: now systemd gives up, and it is ours.
    up.kill(last["kept"])
    _until_healed(up, "kept", "start")
    assert "killed by signal 9" in up.heals("kept")[0]["cause"]
    assert len(up.starts("kept")) == 3


def test_one_that_runs_and_does_not_answer_is_restarted_though_systemd_would_not(
    up: HostedStack,
) -> None:
    before = up.until_ok(*ALL)
    up.host.write(f"{FOLDER}/sick-kept", "")
    up.until(lambda: len(up.starts("kept")) == 2, "it is restarted")
    up.host.path(f"{FOLDER}/sick-kept").unlink()
    up.until(lambda: up.heals("kept")[-1]["outcome"] == "healed", "it is healed")
    assert up.heals("kept")[-1]["symptom"] == "unresponsive"
    after = up.until_ok(*ALL)
    assert after["kept"] != before["kept"]
    assert (after["store"], after["web"]) == (before["store"], before["web"])


def test_a_stop_by_hand_stands_also_when_nobody_watched_and_a_start_takes_it_back(
    up: HostedStack,
) -> None:
    host = up.host
    host.run("systemctl", "stop", "kept.service")
    up.until(lambda: up.rows().get("kept", {}).get("state") == "stopped", "it is taken in")
    assert up.rows()["kept"]["message"] == "stopped by `systemctl stop`"
    up.kill(up.pids()["autoheal"])
    host.run("systemctl", "stop", "web.service")
    up.until(lambda: up.rows().get("web", {}).get("state") == "stopped", "so is the other")
    assert "stopped by `systemctl stop`" in up.vrooli("status").stdout
    up.until_ok("store")
    assert up.heals("kept") == up.heals("web") == []
    host.run("systemctl", "start", "web.service")
    up.until_ok("store", "web")
    up.vrooli("start", "kept")
    pids = up.until_ok(*ALL)
    up.kill(pids["web"])
    _until_healed(up, "web", "start")


def test_a_stop_by_hand_in_the_middle_of_a_heal_stands(up: HostedStack) -> None:
    pids = up.until_ok(*ALL)
    up.host.write(f"{FOLDER}/sick-web", "")
    up.kill(pids["web"])
    up.until(lambda: len(up.starts("web")) == 2, "the heal has started it, and verifies it")
    up.host.run("systemctl", "stop", "web.service")
    up.until(lambda: up.rows().get("web", {}).get("state") == "stopped", "it is taken in")
    assert up.rows()["web"]["message"] == "stopped by `systemctl stop`"
    ends = ["unverifiable"]
    up.until(lambda: [x["outcome"] for x in up.heals("web")] == ends, "the heal has ended")
    up.host.write(f"{FOLDER}/sick-kept", "")
    up.until(lambda: len(up.starts("kept")) == 2, "another is healed meanwhile")
    assert len(up.starts("web")) == 2
    assert up.host.show("web.service", "ActiveState") == {"ActiveState": "inactive"}


def test_a_restart_loop_of_one_that_is_only_watched_pages_once_and_is_not_touched(
    stack: HostedStack,
) -> None:
    script = f"sh -c 'test -e {FOLDER}/sound && exec sleep 1000; sleep 0.3; exit 3'"
    lines = (f"ExecStart={script}", "Restart=always", "RestartSec=200ms")
    stack.host.add_unit("loop.service", *lines, unit=("StartLimitIntervalSec=0",))
    stack.host.run("systemctl", "start", "loop.service")
    stack.sections["scenarios.loop"] = {
        "runtime": "systemd",
        "unit": "loop.service",
        "heal": "watch",
        "start_timeout": 2,
        "health": {"interval": 0.5, "failures": 2, "over": 0},
    }
    stack.sections["notify"] = {"resolve_after": 0.5}
    stack.write()
    stack.vrooli("up", check=False)
    stack.until(lambda: _told(stack, "loop"), "it is paged")
    row = stack.rows()["loop"]
    assert row["health"] == "critical"
    assert row["message"] == "systemd starts it over and over: exited with code 3"
    before = int(stack.host.show("loop.service", "NRestarts")["NRestarts"])
    stack.host.write(f"{FOLDER}/sound", "")
    stack.until(lambda: _told(stack, "loop")[-1] == "resolved", "its end is told")
    assert _told(stack, "loop") == ["not paged", "resolved"]  # there is no channel
    assert int(stack.host.show("loop.service", "NRestarts")["NRestarts"]) >= before > 0
    assert stack.heals("loop") == []


def _told(stack: HostedStack, name: str) -> list[str]:
    """What was told about one subject, the oldest first."""
    entries = json.loads(stack.autoheal("timeline", name, "--json").stdout)
    found = [str(entry["data"].get("what")) for entry in entries]
    return [what for what in found if what in ("paged", "not paged", "resolved")]


def test_a_watchdog_that_is_killed_in_a_heal_does_nothing_twice(up: HostedStack) -> None:
    before = up.until_ok(*ALL)
    up.kill(before["web"])
    up.until(lambda: len(up.starts("web")) == 2, "the heal has started it")
    up.kill(before["autoheal"])
    up.until(lambda: up.pids().get("autoheal", before["autoheal"]) != before["autoheal"], "another")
    # Whether that attempt was written down before the end, nobody promises.
    up.until(lambda: [x["outcome"] for x in up.heals("web")] == ["healed"], "it is verified")
    after = up.until_ok(*ALL)
    assert (after["store"], after["kept"]) == (before["store"], before["kept"])
    assert [len(up.starts(name)) for name in UNITS] == [2, 1]


def test_neither_our_own_stop_nor_that_of_the_machine_is_an_operators(up: HostedStack) -> None:
    up.install()
    up.host.run("systemctl", "stop", up.unit)
    assert up.host.show("web.service", "ActiveState") == {"ActiveState": "inactive"}
    up.host.run("systemctl", "start", up.unit)
    up.until_ok(*ALL)
    up.host.poweroff()
    up.host.boot()
    up.until_ok(*ALL)
    assert up.rows()["web"]["stopped_by"] is None


def test_a_bus_that_is_away_makes_it_unknown_and_nothing_is_healed(up: HostedStack) -> None:
    before = up.until_ok(*ALL)
    up.host.write(f"{FOLDER}/sick-web", "")
    up.host.run("systemctl", "stop", "dbus.socket", "dbus.service")
    up.until(lambda: up.rows().get("web", {}).get("health") == "unknown", "nobody knows")
    assert "systemd does not answer" in up.rows()["web"]["message"]
    up.host.path(f"{FOLDER}/sick-web").unlink()
    up.host.run("systemctl", "start", "dbus.socket", "dbus.service")
    assert up.until_ok(*ALL) == before
    assert up.heals("web") == []


def test_a_user_has_units_of_that_user(tmp_path: Path) -> None:
    with systemd_host(tmp_path) as host:
        host.add_user("alice", 1500)
        host.run("systemctl", "start", "user@1500.service")
        stack = HostedStack(host, user="alice")
        for name in ("store", "extra"):
            stack.sections.pop(f"scenarios.{name}", stack.sections.pop(f"resources.{name}", None))
        stack.sections["scenarios.web"] = {"runtime": "systemd", "unit": "web.service"}
        command = ["sh", "-c", "ulimit -n; exec sleep 1000"]
        made = {"runtime": "systemd", "command": command, "limits": {"files": 99}}
        stack.sections["scenarios.made"] = made
        stack.write()
        text = f"[Service]\nExecStart=python3 -S {FOLDER}/{PROGRAM.name} --say hello\n"
        host.write("/home/alice/.config/systemd/user/web.service", text)
        stack.vrooli("up")
        before = stack.until_ok("web", "made")
        logged = host.run("vrooli", "logs", "made", "--file", FILE, user="alice").stdout
        assert logged == "99\n"
        slices = host.show("vrooli-shop@made.service", "Slice", user="alice")["Slice"]
        assert slices == "app-vrooli\\x2dshop.slice"
        assert host.run("vrooli", "logs", "web", "--file", FILE, user="alice").stdout == "hello\n"
        stack.kill(before["web"])
        _until_healed(stack, "web", "start")
        by_hand = ("systemctl", "--user", "stop", "web.service")
        stack.host.run(*by_hand, user="alice", env={"XDG_RUNTIME_DIR": "/run/user/1500"})
        stack.until(lambda: stack.rows().get("web", {}).get("state") == "stopped", "it is taken in")
        assert len(stack.heals("web")) == 1
        stack.sections["scenarios.made"] = {**made, "limits": {"private_tmp": True}}
        stack.write()
        refused = stack.vrooli("up", check=False).stderr
        assert "take the system's systemd, and we are not root" in refused
        assert stack.pids()["made"] == before["made"], "what runs is left running"
