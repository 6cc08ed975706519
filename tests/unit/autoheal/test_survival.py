"""What would not survive a reboot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.units import SYSTEM
from vrooli.autoheal.protection import Sight, judge
from vrooli.autoheal.service_manager import Seen, unit_name
from vrooli.autoheal.survival import assigned, kept, perishable, unresolved
from vrooli.core.status import Status
from vrooli.stack.model import AutohealSettings, Service, Stack

USUAL = "/var/lib/vrooli"


@pytest.mark.parametrize("path", ["/tmp/x", "/tmp", "/run/user/0/a", "/var/tmp/a", "/dev/shm/a"])
def test_what_is_emptied_at_boot_is_named(path: str) -> None:
    assert "is emptied" in perishable(path, "ext4")


def test_what_is_kept_in_memory_is_named_and_all_else_stays() -> None:
    assert "in memory" in perishable("/mnt/fast/home", "tmpfs")
    assert perishable("/var/lib/vrooli/shop", "ext4") == ""
    assert perishable("/tmpfiles/home", "xfs") == ""


def stack() -> Stack:
    """References of every sort."""
    env = {"KEY": "env:KEY", "OTHER": "env:KNOWN", "FILE": "file:/srv/key", "PLAIN": "envy"}
    web = Service("web-1", "web", "scenario", "scenario", env=env, command=("env:ARGUMENT",))
    twin = Service("web-2", "web", "scenario", "scenario", env=env)
    store = Service("store", "store", "resource", "tcp", url="env:STORE_URL")
    services = {service.name: service for service in (store, web, twin)}
    return Stack("test", services, AutohealSettings(ping="env:PING"))


def test_every_reference_that_boot_cannot_resolve_is_named_once() -> None:
    assert unresolved(stack(), {"KNOWN"}) == (
        "autoheal.ping = env:PING",
        "resources.store.url = env:STORE_URL",
        "scenarios.web.env.KEY = env:KEY",
    )
    assert unresolved(stack(), {"KNOWN", "KEY", "STORE_URL", "PING"}) == ()


def test_an_environment_file_sets_what_it_assigns() -> None:
    assert assigned("# A=1\nKEY=x\n  STORE_URL = 'a=b'\n;B=2\n\nno assignment\n") == {
        "KEY",
        "STORE_URL",
    }


def test_a_unit_keeps_what_lasts_of_its_environment() -> None:
    environment = {
        "PATH": "/opt/a:relative:/tmp/x/bin:/usr/bin:/opt/a",
        "LANG": "de_DE.UTF-8",
        "TZ": "",
        "ODD": "a\nb",
        "TOKEN": "geheim",
    }
    found = kept(environment, ["PATH", "LANG", "TZ", "ODD"])
    assert found == {"PATH": "/opt/a:/usr/bin", "LANG": "de_DE.UTF-8"}


def test_a_home_where_homes_lie_gives_its_name_to_the_unit() -> None:
    assert unit_name("/var/lib/vrooli/shop", USUAL) == "vrooli-shop"
    assert unit_name("/srv/shop", USUAL).startswith("vrooli-shop-")


paths = st.lists(st.text("ab-./ %@é", min_size=1), min_size=1).map(lambda p: "/" + "/".join(p))


@given(st.lists(paths | st.text("ab", min_size=1).map(lambda n: f"{USUAL}/{n}"), unique=True))
def test_two_homes_never_share_a_unit(homes: list[str]) -> None:
    homes = list({home.rstrip("/") for home in homes} - {""})
    names = [unit_name(home, USUAL) for home in homes]
    assert len(set(names)) == len(homes)
    assert all(name.isascii() and not set(name) & set("/ %@") for name in names)


WELL = Seen(loaded=True, enabled=True, active=True, state="active (running)", main_pid=7)


def sight(**fields: object) -> Sight:
    """One without a fault, otherwise in these fields."""
    usual = {"files": {"/u": True}, "seen": WELL, "keeper_pid": 7}
    versions = {"keeper_runs": "1 /a", "installation": "1 /a"}
    return Sight("systemd", SYSTEM, **{**usual, **versions, **fields})  # type: ignore[arg-type]


def test_what_is_well_is_said_to_be() -> None:
    found = judge(sight())
    assert (found.status, found.problems) == (Status.OK, ())
    assert "systemd starts vrooli-shop at boot" in found.message


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"files": {"/u": None}}, Status.CRITICAL, "nothing starts this stack"),
        ({"files": {"/u": None}, "installed_here": True}, Status.CRITICAL, "file is gone"),
        ({"seen": Seen()}, Status.CRITICAL, "does not know"),
        ({"seen": Seen(loaded=True, active=True, main_pid=7)}, Status.CRITICAL, "not enabled"),
        ({"seen": Seen(silence="no bus")}, Status.UNKNOWN, "no bus"),
        ({"seen": Seen(loaded=True, enabled=True)}, Status.WARNING, "does not run"),
        ({"keeper_pid": 8}, Status.WARNING, "7 is not the keeper (8)"),
        ({"keeper_pid": 0}, Status.WARNING, "7 is not the keeper (none)"),
        ({"keeper_runs": "0 /a"}, Status.WARNING, "runs 0 /a, and this is 1 /a"),
        ({"files": {"/u": False}}, Status.WARNING, "/u is not as this version writes it"),
        ({"unresolved": ("a = env:B",)}, Status.WARNING, "nothing resolves a = env:B"),
        ({"outside": ("web",)}, Status.WARNING, "not part of it: web"),
    ],
)
def test_what_is_amiss_is_named_with_what_mends_it(
    fields: dict[str, object], status: Status, said: str
) -> None:
    found = judge(sight(**fields))
    assert found.status is status
    assert said in found.message
    assert all(problem.next_step for problem in found.problems)
    assert found.to_json()["status"] == str(status)


def test_a_user_who_does_not_linger_is_not_protected() -> None:
    seen = Seen("", True, True, True, "", 7, lingers=False, linger_advice="as root: x")
    found = judge(sight(seen=seen))
    assert found.status is Status.CRITICAL
    assert found.problems[0].next_step == "as root: x"
