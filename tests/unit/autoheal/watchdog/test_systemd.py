"""What systemd is told, and what its answers mean."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.units import ALICES, CONTENTS, SYSTEM, contents
from vrooli.autoheal.service_manager import Contents, Unit
from vrooli.autoheal.watchdog.systemd import MANAGER, job_type, services_run_on
from vrooli.core.ports.programs import Answer

INHERITED = {
    *("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "PrivateNetwork", "PrivateUsers"),
    *("ProtectHome", "ProtectSystem", "ReadOnlyPaths", "MemoryMax", "MemoryHigh", "CPUQuota"),
    *("LimitNOFILE", "LimitNPROC", "OOMScoreAdjust", "Nice", "UMask", "User", "Group"),
    *("CapabilityBoundingSet", "SystemCallFilter", "RestrictNamespaces", "RuntimeMaxSec"),
}
"""Directives that would bind every service as well."""

RUNNING = """\
Type=notify
Restart=always
NotifyAccess=main
MainPID=106
KillMode=process
OOMPolicy=continue
Environment=VROOLI_HOME=/var/lib/vrooli/shop "NOTE=a b" PATH=/usr/bin:/bin
EnvironmentFiles=/etc/shop/env (ignore_errors=no)
EnvironmentFiles=/etc/shop/more secrets (ignore_errors=yes)
LoadState=loaded
ActiveState=active
SubState=running
FragmentPath=/etc/systemd/system/vrooli-shop.service
DropInPaths=
UnitFileState=enabled
NeedDaemonReload=no
StartLimitIntervalUSec=0
"""


def lines(unit: Unit, made_of: Contents = CONTENTS) -> list[str]:
    """The unit file, by line."""
    (file,) = MANAGER.files(unit, made_of)
    return file.text.splitlines()


def directives(unit: Unit) -> dict[str, str]:
    """The last value of each directive."""
    return dict(line.split("=", 1) for line in lines(unit) if "=" in line and line[0] != "#")


def test_the_keeper_is_the_main_process_and_nothing_else_is_killed_with_it() -> None:
    told = directives(SYSTEM)
    assert told["ExecStart"] == "/opt/vrooli/bin/python -P -m vrooli.main.keep"
    assert told["ExecStop"] == "/opt/vrooli/bin/python -P -m vrooli.main.halt vrooli-shop.service"
    wanted = {
        "Type": "notify",
        "NotifyAccess": "main",
        "KillMode": "process",
        "OOMPolicy": "continue",
        "Restart": "always",
        "StartLimitIntervalSec": "0",
        "TasksMax": "infinity",
        "WatchdogSec": "60",
    }
    assert {key: told[key] for key in wanted} == wanted


@pytest.mark.parametrize("unit", [SYSTEM, ALICES], ids=["system", "user"])
def test_no_directive_binds_the_services(unit: Unit) -> None:
    assert not INHERITED & set(directives(unit))


def test_an_ordered_stop_has_the_time_that_its_services_may_take() -> None:
    assert directives(SYSTEM)["TimeoutStopSec"] == "75"  # 45 s of services, and a margin


def test_units_of_the_system_and_of_users_lie_and_begin_where_they_should() -> None:
    assert MANAGER.path(SYSTEM) == "/etc/systemd/system/vrooli-shop.service"
    assert MANAGER.path(ALICES) == "/home/alice/.config/systemd/user/vrooli-shop.service"
    assert directives(SYSTEM)["WantedBy"] == "multi-user.target"
    assert directives(ALICES)["WantedBy"] == "default.target"
    assert MANAGER.start(SYSTEM)[-1].argv[:2] == ("systemctl", "start")
    assert MANAGER.start(ALICES)[-1].argv[:3] == ("systemctl", "--user", "start")


@pytest.mark.parametrize("unit", [SYSTEM, ALICES], ids=["system", "user"])
@pytest.mark.parametrize("home", ["/var/lib/vrooli/shop", '/srv/my "shop" 100% $HOME; \\x'])
def test_systemd_finds_nothing_wrong_with_it(unit: Unit, home: str, tmp_path: Path) -> None:
    """It returns 0 for unknown keys, so what it says counts."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed (apt-get install systemd)")
    start = (sys.executable, "-c", "pass", home)
    made_of = contents(start=start, halt=start, environment={"VROOLI_HOME": home}, needs=(home,))
    path = tmp_path / "vrooli-shop.service"
    path.write_text("\n".join(lines(unit, made_of)) + "\n", encoding="utf-8")
    scope = [] if unit.system else ["--user"]
    command = ["systemd-analyze", *scope, "verify", "--man=no", str(path)]
    environment = {"XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": "/root"}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    said = [line for line in ended.stderr.splitlines() if "vrooli-shop" in line]
    assert said == [], ended.stderr


def test_what_systemd_says_is_read() -> None:
    seen = MANAGER.read(SYSTEM, [Answer(0, RUNNING)])
    assert (seen.loaded, seen.enabled, seen.active, seen.main_pid) == (True, True, True, 106)
    assert seen.amiss == ()
    assert seen.names == {"VROOLI_HOME", "NOTE", "PATH"}
    assert seen.environment_files == ("/etc/shop/env", "/etc/shop/more secrets")
    assert seen.lingers is None


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ("Type=notify", "Type=simple", "Type is `simple`"),
        ("KillMode=process", "KillMode=control-group", "KillMode is `control-group`"),
        ("OOMPolicy=continue", "OOMPolicy=stop", "OOMPolicy is `stop`"),
        ("StartLimitIntervalUSec=0", "StartLimitIntervalUSec=10s", "StartLimitInterval"),
        ("NeedDaemonReload=no", "NeedDaemonReload=yes", "daemon-reload"),
        ("FragmentPath=/etc", "FragmentPath=/lib", "reads /lib/systemd"),
    ],
)
def test_a_change_that_would_break_the_promise_is_named(line: str, instead: str, said: str) -> None:
    seen = MANAGER.read(SYSTEM, [Answer(0, RUNNING.replace(line, instead))])
    assert len(seen.amiss) == 1
    assert said in seen.amiss[0]


def test_a_unit_that_is_not_there_and_a_manager_that_is_silent_are_two_things() -> None:
    gone = MANAGER.read(SYSTEM, [Answer(0, "LoadState=not-found\nActiveState=inactive\n")])
    assert not gone.loaded
    assert not gone.silence
    silent = MANAGER.read(ALICES, [Answer(1, err="Failed to connect to bus\n"), Answer(1)])
    assert "Failed to connect to bus" in silent.silence


def test_lingering_is_asked_of_users_alone() -> None:
    assert len(MANAGER.questions(SYSTEM)) == 1
    assert MANAGER.linger(SYSTEM) is None
    lingers = [MANAGER.read(ALICES, [Answer(0, RUNNING), x]).lingers for x in LINGERING]
    assert lingers == [True, False, False]


LINGERING = [Answer(0, "Linger=yes\n"), Answer(0, "Linger=no\n"), Answer(1, err="not logged in")]


def test_services_are_stopped_only_by_a_stop() -> None:
    alive = {"MAINPID": "7"}
    assert services_run_on(alive, "stop") == ""
    assert services_run_on(alive, "") == ""
    assert "anew" in services_run_on(alive, "restart")
    assert "by itself" in services_run_on({}, "stop")


def test_the_type_of_a_job_is_read_from_json() -> None:
    assert job_type(Answer(0, '{"type":"s","data":"restart"}')) == "restart"
    assert job_type(Answer(1, "", "Invalid object path")) == ""
