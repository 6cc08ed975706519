"""Units that we make, of a real systemd."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.held_units import bus_of, maker_of, unit_spec
from tests.support.systemd_host import SystemdHost, systemd_host
from tests.support.until import until
from vrooli.core.errors import StartFailed
from vrooli.core.limits import Limits
from vrooli.host.bus import DBus
from vrooli.host.systemd_units import SystemdUnits
from vrooli.stack.unit_names import made_unit

SECRET = 'pa"ss $HOME \\word\n`of` two lines'


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemdHost]:
    """A machine that is up; each test has units of its own."""
    with systemd_host(tmp_path_factory.mktemp("making")) as made:
        yield made


@pytest.fixture
async def bus(host: SystemdHost) -> AsyncIterator[DBus]:
    """Its bus."""
    made = bus_of(host)
    yield made
    await made.close()


@pytest.fixture
def manager(host: SystemdHost, bus: DBus) -> SystemdUnits:
    """Its systemd."""
    return maker_of(host, bus)


async def test_its_environment_and_arguments_are_as_they_were_said_and_shown_to_nobody(
    host: SystemdHost, manager: SystemdUnits
) -> None:
    name = made_unit("vrooli-shop", "web")
    script = 'printf %s "$TOKEN" > token; echo "$1"; exec sleep infinity'
    argv = ("sh", "-c", script, "sh", "$TOKEN ${TOKEN} %n $$ 'x y'")
    spec = unit_spec(host.path("/var/log"), "web", *argv, env={"TOKEN": SECRET})
    await manager.make(name, spec)
    host.run("systemctl", "daemon-reload")  # its file, which systemd wrote, says the same
    await until(lambda: host.read("/srv/token") == SECRET)
    log = Path(spec.launch.log_path)
    await until(lambda: log.read_text(encoding="utf-8") == "$TOKEN ${TOKEN} %n $$ 'x y'\n")
    assert log.stat().st_mode & 0o777 == 0o640
    shown = host.run("systemctl", "show", name).stdout + host.run("systemctl", "cat", name).stdout
    assert not [part for part in ('pa"ss', "word", "two lines") if part in shown]
    assert (await manager.look(name)).mark == "abc123"
    [file] = manager.folder.iterdir()
    assert (file.stat().st_mode & 0o777, manager.folder.stat().st_mode & 0o777) == (0o600, 0o700)
    await manager.stop(name, 5.0)
    await manager.remove(name)
    assert not [*manager.folder.iterdir()]
    listed = host.run("systemctl", "list-units", "--all", "--plain", "vrooli-shop@*").stdout
    assert "vrooli-shop@web" not in listed


async def test_its_limits_hold(host: SystemdHost, manager: SystemdUnits) -> None:
    name = made_unit("vrooli-shop", "tight")
    script = (
        "ulimit -n; grep NoNewPrivs /proc/self/status; ls -A /tmp /root /home; "
        "touch /srv/x; touch /etc/x; exec sleep infinity"
    )
    limits = Limits(
        memory=64 * 2**20,
        tasks=20,
        cpu=150,
        files=77,
        no_new_privileges=True,
        private_tmp=True,
        protect_home=True,
        read_only=("/etc",),
    )
    host.write("/home/alice/mine", "")
    spec = unit_spec(host.path("/var/log"), "tight", "sh", "-c", script, limits=limits)
    await manager.make(name, spec)
    told = "MemoryMax", "TasksMax", "CPUQuotaPerSecUSec", "LimitNOFILE", "NoNewPrivileges"
    assert [*host.show(name, *told).values()] == ["1.500000s", "67108864", "20", "77", "yes"]
    log = Path(spec.launch.log_path)
    await until(lambda: "/etc/x" in log.read_text(encoding="utf-8"))
    text = log.read_text(encoding="utf-8")
    assert text.startswith("77\nNoNewPrivs:\t1\n/home:\n\n/root:\n\n/tmp:\n")
    assert "alice" not in text
    assert host.path("/srv/x").exists()
    assert not host.path("/etc/x").exists()
    await manager.stop(name, 5.0)


async def test_what_ends_well_at_once_was_not_stopped_by_anybody(
    host: SystemdHost, manager: SystemdUnits
) -> None:
    """Half of them end before systemd calls them active."""
    for number in range(8):
        name = made_unit("vrooli-shop", f"brief-{number}")
        spec = unit_spec(host.path("/var/log"), "brief", "sh", "-c", "sleep 60 & exit 0")
        await manager.make(name, spec)
        async for seen in manager.follow([name]):
            if seen.phase == "ended":
                break
        assert not seen.asked
        await manager.remove(name)


@pytest.mark.parametrize(
    ("argv", "change", "said"),
    [
        (("nothing-like-this",), {}, "command not found: nothing-like-this in PATH /"),
        (("/bin/nothing-like-this",), {}, "cannot be run by this user: /bin/nothing-like-this"),
        (("sleep", "9"), {"cwd": "/nowhere"}, "cannot be entered by this user: /nowhere"),
        (("sleep", "9"), {"user": "whoever"}, "its user is not known: whoever"),
        (("sleep", "9"), {"limits": Limits(read_only=("/nowhere",))}, "its view of the files"),
    ],
)
async def test_what_cannot_be_started_says_why(
    host: SystemdHost,
    manager: SystemdUnits,
    argv: tuple[str, ...],
    change: dict[str, Any],
    said: str,
) -> None:
    name = made_unit("vrooli-shop", "broken")
    with pytest.raises(StartFailed, match=said) as refused:
        await manager.make(name, unit_spec(host.path("/var/log"), "broken", *argv, **change))
    assert refused.value.next_step
    await manager.remove(name)
    assert (await manager.look(name)).phase == "ended"
