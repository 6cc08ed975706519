"""What an edit changes."""

from dataclasses import replace
from typing import Any

import pytest

from vrooli.stack.diff import Change, difference, fingerprint
from vrooli.stack.model import AutohealSettings, Health, Service, Stack

WEB = Service("web", "web", "scenario", "scenario", command=("web",), port=8000)
DATABASE = Service("db", "db", "resource", "postgres", port=5432)


def stack_of(*services: Service, **values: Any) -> Stack:
    return Stack("test", {service.name: service for service in services}, **values)


def test_the_same_stack_has_no_difference() -> None:
    found = difference(stack_of(WEB), stack_of(WEB))
    assert not found
    assert found.unchanged == ("web",)


def test_added_and_removed_services_are_named() -> None:
    found = difference(stack_of(WEB), stack_of(DATABASE))
    assert found.added == ("db",)
    assert found.removed == ("web",)
    assert found


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("command", ("other",)),
        ("cwd", "/srv"),
        ("env", {"A": "1"}),
        ("user", "www"),
        ("port", 8001),
        ("host", "0.0.0.0"),
        ("options", {"a": 1}),
    ],
)
def test_what_the_process_was_started_with_needs_a_restart(key: str, value: Any) -> None:
    changed = replace(WEB, **{key: value})
    assert fingerprint(changed) != fingerprint(WEB)
    found = difference(stack_of(WEB), stack_of(changed))
    assert found.changed == (Change("web", (key,), restart=True),)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("health", Health(interval=9.0)),
        ("heal", "off"),
        ("needs", ("db",)),
        ("critical", False),
        ("start_timeout", 1.0),
        ("stop_timeout", 1.0),
        ("stop_signals", ("INT",)),
    ],
)
def test_what_only_we_look_at_needs_no_restart(key: str, value: Any) -> None:
    changed = replace(WEB, **{key: value})
    assert fingerprint(changed) == fingerprint(WEB)
    found = difference(stack_of(WEB), stack_of(changed))
    assert found.changed == (Change("web", (key,), restart=False),)


def test_a_moved_database_restarts_who_was_told_its_address() -> None:
    web = replace(WEB, env={"DATABASE_URL": "resource:db"})
    old, new = stack_of(DATABASE, web), stack_of(replace(DATABASE, port=5433), web)
    found = {change.name: change for change in difference(old, new).changed}
    assert found["web"] == Change("web", ("resource:db",), restart=True)
    assert fingerprint(web, old) != fingerprint(web, new)


def test_an_external_service_is_never_restarted() -> None:
    external = replace(WEB, runtime="external", command=())
    found = difference(stack_of(external), stack_of(replace(external, port=9000)))
    assert found.changed == (Change("web", ("port",), restart=False),)


def test_settings_of_the_watchdog_are_compared_too() -> None:
    found = difference(stack_of(WEB), stack_of(WEB, autoheal=AutohealSettings(sweep=10.0)))
    assert found.settings == ("sweep",)
    assert found


def test_the_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    one = replace(WEB, env={"A": "1", "B": "2"})
    other = replace(WEB, env={"B": "2", "A": "1"})
    assert fingerprint(one) == fingerprint(other)
    assert len(fingerprint(one)) == 16


def test_the_address_of_the_watchdog_is_a_setting_of_its_own_and_needs_no_restart() -> None:
    def stack(port: int) -> Stack:
        health = Health("tcp", str(port))
        watchdog = Service("autoheal", "autoheal", "scenario", "autoheal", port=port, health=health)
        return stack_of(watchdog, autoheal=AutohealSettings(port=port))

    found = difference(stack(3002), stack(3012))
    assert found.settings == ("port",)
    assert found.changed == ()
