"""The verdict says in words what is wrong, what is done about it, and what a person has to do."""

from typing import Any

import pytest

from vrooli.console.parts.steering import also
from vrooli.console.parts.verdict import Verdict, plain, verdict

WATCHDOG = {"name": "autoheal", "state": "running", "health": "ok", "pid": 7}
HEALED = {
    "subject": "postgres",
    "cause": "killed by signal 9",
    "detected_at": 100.0,
    "attempts": [{"action": "start"}],
    "outcome": "healed",
    "verified_after": 0.4,
}


def service(name: str, state: str = "running", health: str = "ok", **more: Any) -> dict[str, Any]:
    return {"name": name, "state": state, "health": health, "pid": 1, **more}


def status(*services: dict[str, Any], said: str = "ok", **more: Any) -> dict[str, Any]:
    return {"status": said, "services": [*services, WATCHDOG], "watchdog": {"pid": 7}, **more}


def told(found: Verdict) -> str:
    """All of it as one text; times as `AT`."""
    lines = [f"{one.before}{'AT' if one.at else ''}{one.after}" for one in found.lines]
    return " ".join([found.headline, *lines])


def test_all_is_well() -> None:
    found = verdict(status(service("postgres"), service("server")), [HEALED])
    assert found.level == "ok"
    assert told(found) == (
        "All 3 services healthy. Last heal AT: postgres, killed by signal 9, back in 0.4 s."
    )


def test_a_failure_names_what_fails_and_what_only_waits() -> None:
    going = {**HEALED, "outcome": None}
    services = [service("postgres", "failed"), service("server", "blocked")]
    found = verdict(status(*services, said="critical"), [going])
    assert found.level == "critical"
    assert told(found) == (
        "postgres is down. server waits for it. "
        "postgres: killed by signal 9. Healing since AT (start). Nobody is needed yet."
    )


def test_what_was_healed_meanwhile_is_told_beside_what_is_wrong() -> None:
    bad = status(service("web", "failed", message="exit code 1"), said="critical")
    assert told(verdict(bad, [HEALED])).endswith(
        "Well again: postgres (killed by signal 9, back in 0.4 s), healed AT."
    )
    own = {**HEALED, "subject": "web"}
    assert "Well again" not in told(verdict(bad, [own]))


def test_a_person_who_is_needed_is_told_once() -> None:
    incident = {"subject": "web", "title": "[s@h] web fails: exit code 1", "opened_at": 5.0}
    bad = service("web", "failed", message="exit code 1; next look in 30 s")
    found = verdict(status(bad, said="critical"), [], [incident])
    assert told(found) == "web is down. A person is needed for web."
    fine = verdict(status(service("web")), [], [incident])
    assert "A person is needed: web fails: exit code 1, since AT." in told(fine)


def test_who_is_at_it_is_named() -> None:
    incident = {"subject": "web", "title": "web", "opened_at": 5.0, "acknowledged": {"by": "ada"}}
    found = told(verdict(status(service("web", "failed")), [], [incident]))
    assert "ada is at web." in found
    assert "A person is needed" not in found


def test_times_are_not_read_aloud() -> None:
    found = verdict(status(service("web", "failed"), said="critical"), [HEALED])
    assert found.spoken == "web is down. Nobody is needed yet."


def test_a_page_names_the_stack_and_the_console_does_not() -> None:
    assert plain("[shop@vm] web fails: [1] is odd") == "web fails: [1] is odd"
    assert plain("web fails") == "web fails"


def test_the_machine_counts() -> None:
    problem = {"check": "system-disk", "status": "warning", "message": "91 % used"}
    found = verdict(
        status(service("web"), said="warning", problems=[problem]), titles={"system-disk": "Disk"}
    )
    assert (found.level, found.headline) == ("warning", "Disk: 91 % used.")


@pytest.mark.parametrize(
    ("said", "trouble", "words"),
    [
        ({}, "", "Asking the watchdog"),
        ({}, "refused", "Nobody knows"),
        (status(), "", "Nothing runs here yet."),
        (status(service("web", "stopped")), "", "Stopped on purpose: web."),
        (status(service("web", health="unknown")), "", "Nobody knows yet how web is."),
        (
            status(service("web")),
            "refused",
            "Last known: All 2 services healthy. The watchdog said so AT",
        ),
    ],
)
def test_what_is_not_known_is_not_claimed(said: dict[str, Any], trouble: str, words: str) -> None:
    found = verdict(said, trouble=trouble, at=50.0)
    assert words in told(found)
    assert found.level == "unknown" or not trouble


def test_what_only_went_along_with_a_stop_is_told_from_what_was_chosen() -> None:
    shop = service("shop", "stopped", stopped_with=["db"])
    said = told(verdict(status(service("db", "stopped"), shop, service("web"))))
    assert "Stopped on purpose: db." in said
    assert "Stopped only along with db: shop." in said


def test_an_operation_says_what_it_does_to_others() -> None:
    assert also({"stops": ["server", "shop"]}).startswith("It stops server and shop too")
    assert "server must do without it" in also({"without": ["server"]})
    assert also({}) == "Nothing else needs it."
