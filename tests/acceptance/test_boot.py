"""What the operating system starts at boot, on a machine with a real systemd as process 1."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.hosted_stack import FILE, HostedStack
from tests.support.stack import LiveStack
from tests.support.systemd_host import SystemdHost, systemd_host

ALL = ("store", "web", "extra")
FAST = "[Service]\nWatchdogSec=4\n"
"""An operator's change: what takes a minute otherwise."""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[SystemdHost]:
    """A machine that is up."""
    with systemd_host(tmp_path) as made:
        yield made


@pytest.fixture
def stack(host: SystemdHost) -> HostedStack:
    """A stack on it, not brought up."""
    return HostedStack(host)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemdHost]:
    """A machine that was switched off with the stack installed and up: others begin as its copy."""
    with systemd_host(tmp_path_factory.mktemp("prepared")) as host:
        stack = HostedStack(host)
        host.write(f"/etc/systemd/system/{stack.unit}.d/fast.conf", FAST)
        stack.vrooli("up")
        stack.install()
        host.poweroff()
        yield host


@pytest.fixture
def installed(prepared: SystemdHost, tmp_path: Path) -> Iterator[HostedStack]:
    """Up, under its unit, after a boot."""
    with systemd_host(tmp_path, prepared) as host:
        stack = HostedStack(host)
        stack.until_ok(*ALL)
        yield stack


def test_a_running_stack_is_taken_over_and_nothing_of_it_is_restarted(stack: HostedStack) -> None:
    said = stack.up_in_a_session()
    assert "not protected against reboot: run `vrooli-autoheal install`" in said
    assert stack.autoheal("watchdog", check=False).returncode == 2
    before, keeper = stack.until_ok(*ALL), stack.keeper()
    done = stack.install()
    assert done["changed"]
    assert stack.until_ok(*ALL) == before
    assert stack.keeper() == stack.main_pid() != keeper
    properties = stack.host.show(stack.unit, "Type", "UnitFileState", "ActiveState", "NRestarts")
    assert properties == {
        "Type": "notify",
        "UnitFileState": "enabled",
        "ActiveState": "active",
        "NRestarts": "0",
    }
    group = stack.host.run("systemctl", "status", "--no-pager", stack.unit).stdout
    assert all(f" {pid} " in group for pid in before.values()), group
    assert stack.protection()["problems"] == []
    assert "not protected" not in stack.vrooli("up").stderr

    main = stack.main_pid()
    assert not stack.install()["changed"]
    assert stack.main_pid() == main
    assert stack.until_ok(*ALL) == before


def test_whatever_is_killed_or_stopped_comes_back_and_services_run_on(
    installed: HostedStack,
) -> None:
    before = installed.until_ok(*ALL)
    services = {name: before[name] for name in ALL}

    keeper = installed.main_pid()
    installed.kill(keeper)
    installed.until_kept(keeper)
    assert installed.until_ok(*ALL) == before

    keeper = installed.main_pid()
    installed.kill(keeper, "STOP")
    installed.until_kept(keeper)
    assert installed.until_ok(*ALL) == before

    installed.kill(before["autoheal"])
    after = installed.until_ok(*ALL)
    assert after["autoheal"] != before["autoheal"]
    assert {name: after[name] for name in ALL} == services
    assert installed.main_pid() == installed.keeper()

    # Both at once: nobody is left but systemd.
    keeper, watchdog = installed.main_pid(), after["autoheal"]
    installed.kill(watchdog, "STOP")
    installed.kill(keeper, "STOP")
    installed.until_kept(keeper)
    last = installed.until_ok(*ALL)
    assert last["autoheal"] != watchdog
    assert {name: last[name] for name in ALL} == services
    assert "Watchdog timeout" in installed.host.journal("-u", installed.unit)
    assert installed.protection()["status"] == "ok"


def test_restarting_the_unit_touches_no_service_and_stopping_it_stops_all(
    installed: HostedStack,
) -> None:
    before = installed.until_ok(*ALL)
    installed.host.run("systemctl", "restart", installed.unit)
    assert installed.until_ok(*ALL) == before
    assert installed.host.show(installed.unit, "Result") == {"Result": "success"}

    installed.vrooli("stop", "extra")
    installed.host.run("systemctl", "stop", installed.unit)
    assert installed.host.run("pgrep", "-f", "vrooli|service.py", check=False).stdout == ""
    installed.host.run("systemctl", "start", installed.unit)
    installed.until_ok("store", "web")


def test_after_a_shutdown_in_order_it_comes_up_in_order_and_what_was_stopped_stays_so(
    host: SystemdHost,
) -> None:
    stack = HostedStack(host, database=True)
    stack.vrooli("up")
    stack.vrooli("stop", "extra")
    stack.install()
    before = stack.until_ok("store", "web")
    host.poweroff()
    assert "database system is shut down" in host.read(f"{stack.home}/logs/store.log")
    host.boot()
    after = stack.until_ok("store", "web")
    assert set(before.values()) != set(after.values())
    assert len(stack.starts("extra")) == 1
    log = host.read(f"{stack.home}/logs/store.log")
    assert "was not properly shut down" not in log
    shutdown = host.journal("-u", stack.unit, "-b", "-1")
    assert shutdown.index("web: stopped") < shutdown.index("store: stopped")
    # `web` was started when PostgreSQL answered, which is after it had begun to listen.
    assert stack.rows()["web"]["started_at"] > stack.rows()["store"]["started_at"]
    seen = stack.protection()
    assert seen["status"] == "ok"
    boot_id = host.mounted("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    assert seen["last_boot"]["boot_id"] == boot_id
    assert (seen["last_boot"]["failed"], seen["last_boot"]["managed"]) == ([], True)
    assert "last boot: verified" in stack.autoheal("watchdog").stdout


def test_after_the_plug_was_pulled_it_comes_up_again(installed: HostedStack) -> None:
    installed.host.cut()
    installed.host.boot()
    installed.until_ok(*ALL)
    assert installed.main_pid() == installed.keeper()


def test_down_ends_all_and_stays_down_over_a_reboot_until_up(installed: HostedStack) -> None:
    installed.vrooli("down")
    assert installed.host.show(installed.unit, "ActiveState") == {"ActiveState": "inactive"}
    assert installed.host.run("pgrep", "-f", "vrooli|service.py", check=False).stdout == ""
    installed.host.poweroff()
    installed.host.boot()
    installed.until(lambda: set(installed.pids()) == {"autoheal"}, "the watchdog, and nothing else")
    installed.vrooli("up")
    installed.until_ok(*ALL)
    assert installed.main_pid() == installed.keeper()


def test_a_home_that_is_deleted_stops_all_and_comes_back_by_up_alone(
    installed: HostedStack,
) -> None:
    host = installed.host
    host.run("rm", "-r", installed.home)
    installed.until(
        lambda: host.show(installed.unit, "ActiveState") == {"ActiveState": "failed"}, "it ends"
    )
    assert host.run("pgrep", "-f", "vrooli|service.py", check=False).stdout == ""
    assert not host.path(installed.home).exists()
    installed.vrooli("up")
    installed.until_ok(*ALL)
    assert installed.main_pid() == installed.keeper()


def test_uninstall_leaves_nothing_but_the_running_stack(installed: HostedStack) -> None:
    host, before = installed.host, installed.until_ok(*ALL)
    host.run("rm", "-r", f"/etc/systemd/system/{installed.unit}.d")
    installed.autoheal("uninstall")
    assert installed.until_ok(*ALL) == before
    assert host.show(installed.unit, "LoadState") == {"LoadState": "not-found"}
    assert host.run("find", "/etc/systemd/system", "-name", "*vrooli*").stdout == ""
    assert not host.path(f"{installed.home}/unit.json").exists()
    assert "nothing was changed" in installed.autoheal("uninstall").stderr
    assert installed.autoheal("watchdog", check=False).returncode == 2
    installed.kill(installed.keeper())
    installed.until(lambda: installed.until_ok(*ALL) == before, "a keeper of our own")
    installed.vrooli("down")
    assert host.run("pgrep", "-f", "vrooli|service.py", check=False).stdout == ""


def test_an_install_that_cannot_be_verified_is_taken_back(stack: HostedStack) -> None:
    stack.vrooli("up")
    before = stack.until_ok(*ALL)
    drop_in = f"/etc/systemd/system/{stack.unit}.d/broken.conf"
    stack.host.write(drop_in, "[Service]\nExecStartPre=/bin/false\n")
    ended = stack.autoheal("install", check=False)
    assert ended.returncode == 1
    assert "everything was put back as it was" in ended.stderr
    assert stack.until_ok(*ALL) == before
    found = stack.host.run("find", "/etc/systemd/system", "-name", "*vrooli*").stdout.split()
    assert found == [str(Path(drop_in).parent)]


@pytest.fixture
def alices(host: SystemdHost) -> HostedStack:
    """A stack of an ordinary user, up."""
    host.add_user("alice", 1500)
    host.run("systemctl", "start", "user@1500.service")
    stack = HostedStack(host, user="alice")
    stack.vrooli("up")
    return stack


def test_a_user_needs_no_root_and_nothing_is_left_of_it(alices: HostedStack) -> None:
    host, before = alices.host, alices.until_ok(*ALL)
    assert alices.install()["protection"]["lingers"] is True
    assert alices.until_ok(*ALL) == before
    assert alices.main_pid() == alices.keeper()
    host.poweroff()
    host.boot()
    alices.until_ok(*ALL)
    assert alices.main_pid() == alices.keeper()
    alices.autoheal("uninstall", "--down")
    assert host.run("find", "/home/alice/.config", "-name", "*vrooli*").stdout == ""
    host.until(lambda: not host.path("/var/lib/systemd/linger/alice").exists(), "no lingering")


def test_a_user_who_may_not_linger_is_told_what_is_missing(alices: HostedStack) -> None:
    host = alices.host
    host.run("systemctl", "mask", "--runtime", "--now", "systemd-logind.service")
    ended = alices.autoheal("install", check=False)
    assert ended.returncode == 1, ended.stderr
    assert "as root: loginctl enable-linger alice" in ended.stdout
    assert alices.main_pid() == alices.keeper()
    host.run("systemctl", "unmask", "--runtime", "systemd-logind.service")
    host.run("loginctl", "enable-linger", "alice")
    assert alices.autoheal("watchdog").returncode == 0


def test_secrets_that_boot_does_not_know_are_named(stack: HostedStack) -> None:
    stack.sections["scenarios.web"]["env"] = {"API_KEY": "env:API_KEY"}
    stack.write()
    stack.vrooli("up", API_KEY="geheim")
    lost = "scenarios.web.env.API_KEY = env:API_KEY"
    assert stack.install()["protection"]["unresolved"] == [lost]
    assert not stack.install()["changed"]
    before = stack.pids()
    stack.kill(before["web"])  # the watchdog, which ran before, still knows it
    stack.until(lambda: stack.pids().get("web") not in (None, before["web"]), "another web")

    ended = stack.autoheal("watchdog", check=False)
    assert ended.returncode == 1
    assert f"nothing resolves {lost} at boot\n  next: write the value into a file" in ended.stdout
    told = stack.autoheal("tick", "--force", "--json", check=False)
    (found,) = (c for c in json.loads(told.stdout)["checks"] if c["id"] == "os-watchdog")
    assert found["result"]["status"] == "warning"
    assert lost in found["result"]["message"]

    stack.host.write("/etc/shop.env", "API_KEY=geheim\n", mode=0o600)
    drop_in = f"/etc/systemd/system/{stack.unit}.d/secrets.conf"
    stack.host.write(drop_in, "[Service]\nEnvironmentFile=/etc/shop.env\n")
    stack.host.run("systemctl", "daemon-reload")
    assert stack.autoheal("watchdog").returncode == 0
    stack.host.poweroff()
    stack.host.boot()
    stack.until_ok(*ALL)


def test_what_an_operator_breaks_is_found_and_mended(installed: HostedStack) -> None:
    host, path = installed.host, f"/etc/systemd/system/{installed.unit}"
    before = installed.until_ok(*ALL)
    host.write(path, host.read(path).replace("KillMode=process", "KillMode=control-group"))
    host.run("systemctl", "disable", installed.unit)
    seen = installed.protection()
    assert seen["status"] == "critical"
    told = " ".join(problem["what"] for problem in seen["problems"])
    assert all(word in told for word in ("not enabled", "KillMode", "not as this version"))
    assert installed.install()["changed"]
    assert installed.protection()["problems"] == []
    after = installed.until_ok(*ALL)
    assert {name: after[name] for name in ALL} == {name: before[name] for name in ALL}


def test_a_home_with_an_odd_name_comes_back(host: SystemdHost) -> None:
    stack = HostedStack(host)
    stack.home = '/srv/the "shop" 100% $HOME'
    stack.vrooli("up", VROOLI_HOME=stack.home)
    done = json.loads(stack.autoheal("install", "--json", VROOLI_HOME=stack.home).stdout)
    stack.unit = f"{done['protection']['unit']}.service"
    host.poweroff()
    host.boot()
    stack.until_ok(*ALL)
    assert stack.main_pid() == stack.keeper()


def test_what_would_not_survive_is_refused(stack: HostedStack) -> None:
    for home, why in (("/tmp/shop", "/tmp is emptied"), ("/run/shop", "/run is emptied")):
        ended = stack.autoheal("install", VROOLI_HOME=home, check=False)
        assert ended.returncode == 1
        assert f"{home}: the home would not survive a reboot: {why}" in ended.stderr
    ended = stack.autoheal("install", "--dry-run", VROOLI_HOME="/tmp/shop")
    assert "it would be refused" in ended.stderr


def test_root_does_not_install_the_stack_of_another(alices: HostedStack) -> None:
    ended = alices.host.run(
        *("vrooli-autoheal", "install", "-f", FILE), env={"SUDO_USER": "alice"}, check=False
    )
    assert ended.returncode == 1
    assert "run `vrooli-autoheal install` as alice, without sudo" in ended.stderr
    as_user = alices.autoheal("install", "--system", check=False)
    assert as_user.returncode == 1
    assert "only root may install a unit of the system" in as_user.stderr


@pytest.mark.parametrize("manager", ["systemd", "launchd", "windows"])
def test_a_dry_run_shows_files_and_commands_and_does_nothing(
    new_stack: Callable[..., LiveStack], manager: str
) -> None:
    live = new_stack()
    live.add("base")
    live.write()
    ended = live.autoheal_command("install", "--dry-run", "--manager", manager, "--json")
    plan = json.loads(ended.stdout)
    assert str(live.home) in plan["files"][0]["text"]
    assert plan["commands"]
    assert any("/tmp is emptied" in obstacle["what"] for obstacle in plan["obstacles"])
    assert not live.home.exists()
    assert not Path(plan["files"][0]["path"]).exists()


def test_what_cannot_be_installed_is_told_with_what_to_do(
    new_stack: Callable[..., LiveStack],
) -> None:
    live = new_stack()
    live.add("base")
    live.write()
    ended = live.autoheal_command("install", "--dry-run", "--manager", "openrc")
    assert ended.returncode == 2
    assert "there are: launchd, systemd, windows" in ended.stderr
    ended = live.autoheal_command("install")  # without a service manager, or from below /tmp
    assert ended.returncode == 1
    assert "\n  next: " in ended.stderr
    assert not live.home.exists()
    assert live.autoheal_command("watchdog").returncode in (2, 3)
