"""Services for which a unit of a real systemd is made: limited, healed, stopped and gone like any
other, and left alone where a person has them in hand.
"""

from collections.abc import Iterator

import pytest

from tests.support.held_units import main_pid
from tests.support.hosted_stack import FILE, FOLDER, HostedStack
from tests.support.stack import PROGRAM
from tests.support.systemd_host import systemd_host

UNIT = "vrooli-shop@web.service"
ALL = ("store", "web")
SECRET = "hunter2 is not shown"
LIMITS = {"memory": "256M", "tasks": 50, "files": 200, "no_new_privileges": True}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostedStack]:
    """`store`, a process, and `web`, which needs it and has a unit; both up and well."""
    with systemd_host(tmp_path_factory.mktemp("made")) as host:
        made = HostedStack(host)
        del made.sections["scenarios.extra"]
        host.write(f"{FOLDER}/token", SECRET, mode=0o600)
        made.sections["scenarios.web"] |= {
            "runtime": "systemd",
            "command": ["python3", "-S", f"{FOLDER}/{PROGRAM.name}", "--say", "hello"],
            "env": {"TOKEN": f"file:{FOLDER}/token"},
            "limits": LIMITS,
        }
        made.write()
        made.vrooli("up")
        made.until_ok(*ALL)
        yield made


def _reset(stack: HostedStack) -> dict[str, int]:
    """Up and well, whatever a test before has left; pids."""
    stack.vrooli("up")
    return stack.until_ok(*ALL)


def test_it_runs_in_a_unit_with_its_limits_and_tells_nobody_its_secrets(stack: HostedStack) -> None:
    pids = _reset(stack)
    host = stack.host
    assert pids["web"] == main_pid(host, UNIT)
    assert stack.rows()["web"]["runtime"] == "systemd"
    shown = host.show(UNIT, "MemoryMax", "TasksMax", "LimitNOFILE", "NoNewPrivileges", "User")
    assert shown == {
        "MemoryMax": str(256 * 2**20),
        "TasksMax": "50",
        "LimitNOFILE": "200",
        "NoNewPrivileges": "yes",
        "User": "vrooli",
    }
    assert SECRET in host.run("cat", f"/proc/{pids['web']}/environ").stdout
    told = host.run("systemctl", "show", UNIT).stdout + host.run("systemctl", "cat", UNIT).stdout
    assert SECRET not in told
    assert host.run("vrooli", "logs", "web", "--file", FILE).stdout.endswith("hello\n")
    assert "hello" not in host.journal("--unit", UNIT, "--output=cat")
    unkept = "web: this machine has no control groups that keep its limits: `memory`, `tasks`"
    assert stack.vrooli("config", "check").stderr == f"note: {unkept}\n"  # as a container has it
    stack.vrooli("up")
    assert stack.until_ok(*ALL) == pids


def test_it_is_healed_and_a_dead_watchdog_touches_nothing(stack: HostedStack) -> None:
    before, heals = _reset(stack), len(stack.heals("web"))
    stack.kill(before["web"])
    stack.until(lambda: len(stack.heals("web")) > heals, "it is seen")
    stack.until(lambda: stack.heals("web")[-1]["outcome"] == "healed", "it is healed")
    assert "killed by signal 9" in stack.heals("web")[-1]["cause"]
    after = stack.until_ok(*ALL)
    assert (after["store"], after["web"] != before["web"]) == (before["store"], True)
    stack.kill(after["autoheal"])
    stack.until(
        lambda: stack.pids().get("autoheal", after["autoheal"]) != after["autoheal"], "next"
    )
    again = stack.until_ok(*ALL)
    assert (again["store"], again["web"]) == (after["store"], after["web"])


def test_a_stop_by_hand_stands_also_when_nobody_watched(stack: HostedStack) -> None:
    pids, heals = _reset(stack), len(stack.heals("web"))
    stack.host.run("systemctl", "stop", UNIT)
    stack.until(lambda: stack.rows().get("web", {}).get("state") == "stopped", "it is taken in")
    assert stack.rows()["web"]["message"] == "stopped by `systemctl stop`"
    stack.vrooli("start", "web")
    pids = stack.until_ok(*ALL)
    stack.kill(pids["autoheal"])
    stack.host.run("systemctl", "stop", UNIT)
    stack.until(lambda: stack.rows().get("web", {}).get("state") == "stopped", "so is the other")
    assert len(stack.heals("web")) == heals


def test_an_edit_restarts_it_and_a_unit_that_is_not_declared_any_more_is_gone(
    stack: HostedStack,
) -> None:
    before = _reset(stack)
    web = stack.sections["scenarios.web"]
    stack.sections["scenarios.web"] = {**web, "limits": {**LIMITS, "tasks": 60}}
    stack.write()
    stack.vrooli("up")
    after = stack.until_ok(*ALL)
    assert (after["store"], after["web"] != before["web"]) == (before["store"], True)
    assert stack.host.show(UNIT, "TasksMax") == {"TasksMax": "60"}
    stack.sections["scenarios.web"] = {
        k: v for k, v in web.items() if k not in ("runtime", "limits")
    }
    stack.write()
    stack.vrooli("up")
    process = stack.until_ok(*ALL)
    assert process["web"] != after["web"]
    assert stack.host.show(UNIT, "LoadState") == {"LoadState": "not-found"}
    stack.sections["scenarios.web"] = web
    stack.write()


def test_it_is_stopped_in_order_with_the_machine_and_down_leaves_no_unit(
    stack: HostedStack,
) -> None:
    _reset(stack)
    stack.install()
    stack.host.run("systemctl", "stop", stack.unit)
    assert stack.host.show(UNIT, "LoadState") == {"LoadState": "not-found"}
    stack.host.run("systemctl", "start", stack.unit)
    stack.until_ok(*ALL)
    stack.host.poweroff()
    stack.host.boot()
    stack.until_ok(*ALL)
    assert stack.rows()["web"]["stopped_by"] is None
    shutdown = stack.host.journal("-u", stack.unit, "-b", "-1")
    assert shutdown.count("web: stopped") == 2, "by hand, and with the machine"
    assert shutdown.rindex("web: stopped") < shutdown.rindex("store: stopped")
    stack.vrooli("down")
    listed = stack.host.run("systemctl", "list-units", "--all", "--plain", "vrooli-shop@*").stdout
    assert UNIT not in listed
    assert not [*stack.host.mounted("/run/vrooli").glob("*/units/*")]
