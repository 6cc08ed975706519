"""The status page and its badges: plain words for strangers, and nothing from inside."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from vrooli.console.acting import Ways
from vrooli.console.badge import badge, badge_of
from vrooli.console.bystander import Bystander
from vrooli.console.feed import Feed, Health
from vrooli.console.past import Bars, Past
from vrooli.console.public import told
from vrooli.console.queues import Queues
from vrooli.console.sessions import Sessions
from vrooli.console.settings import ConsoleSettings
from vrooli.console.status_page import StatusPage, page
from vrooli.core.address import HostPort
from vrooli.core.errors import AccessDenied

SERVICES = [
    {"name": "db", "state": "failed", "message": "10.1.2.3:5432 refused", "pid": 1},
    {"name": "<web>", "state": "blocked", "message": "port 8080", "pid": 2},
    {"name": "autoheal", "state": "running", "health": "ok", "pid": 7},
]
STATUS = {"status": "critical", "services": SERVICES, "watchdog": {"pid": 7}}
INCIDENT = {"subject": "db", "opened_at": 60.0, "acknowledged": None, "title": "disk of host-3"}


def health(**more: Any) -> Health:
    return Health(STATUS, (), (INCIDENT,), at=time.time(), **more)


@pytest.fixture
def settings(tmp_path: Path) -> ConsoleSettings:
    watchdog = HostPort("127.0.0.1", 1)
    key = "k" * 32
    return ConsoleSettings(
        "127.0.0.1", 3003, watchdog, None, key, "", tmp_path / "s.json", public_status=True
    )


@pytest.fixture
def browser(settings: ConsoleSettings) -> Iterator[TestClient]:
    feed = Feed()
    feed.health = health()
    feed.past = Past(quarter={"db": Bars(99.5, (100.0, 99.5, None))}, read={"quarter": time.time()})
    page = StatusPage(Ways(settings, Sessions(settings.sessions, time.time)), feed)
    app = Starlette()
    app.add_route("/status", page.show)
    app.add_route("/badge/{name}.svg", page.badge)
    with TestClient(app) as client:
        yield client


def test_strangers_read_what_is_down_and_nothing_from_inside(browser: TestClient) -> None:
    text = browser.get("/status").text
    assert "db is down" in text or "db and" in text
    assert "People have been told." in text
    assert "99.50 %" in text
    assert "&lt;web&gt;" in text
    for inside in ("<web>", "10.1.2.3", "8080", "host-3", "autoheal", "5432"):
        assert inside not in text


def test_a_badge_is_a_picture_that_is_kept_for_a_while(browser: TestClient) -> None:
    first = browser.get("/badge/db.svg")
    assert first.headers["content-type"].startswith("image/svg+xml")
    assert "max-age" in first.headers["cache-control"]
    assert ElementTree.fromstring(first.text).get("aria-label") == "db: down"
    again = browser.get("/badge/db.svg", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert "2 of 2 down" in browser.get("/badge/stack.svg").text


def test_a_badge_of_nothing_says_so_and_of_the_watchdog_there_is_none(browser: TestClient) -> None:
    assert browser.get("/badge/nothing.svg").status_code == 404
    assert browser.get("/badge/autoheal.svg").status_code == 404


def test_what_a_badge_says_is_text() -> None:
    drawn = ElementTree.fromstring(badge('<script>"&', "ok", "works"))
    assert drawn.get("aria-label") == '<script>"&: works'


def test_a_watchdog_that_is_away_leaves_nothing_claimed() -> None:
    found = told(health(trouble="refused"), {})
    assert found.level == "unknown"
    assert {one.level for one in found.services} == {"unknown"}


def test_what_is_switched_off_does_not_work() -> None:
    rows = [
        {"name": name, "state": state, "health": "ok", "pid": pid}
        for name, state, pid in (
            ("db", "stopped", 0),
            ("web", "stopped", 0),
            ("blog", "running", 3),
        )
    ]
    found = told(Health({"services": rows}, at=time.time()), {})
    assert found.headline == "db and web are switched off. Everything else works."
    assert [one.name for one in found.troubles] == ["db", "web"]
    assert badge_of("stack", found) == ("stack", "off", "2 of 3 switched off")
    found = told(Health({"services": rows[:2]}, at=time.time()), {})
    assert (found.level, found.headline) == ("off", "Everything is switched off.")


def test_percentages_from_long_before_say_so() -> None:
    now = time.time()
    assert "Percentages as of" not in page(told(health(), {}, now - 60))
    assert "Percentages as of" in page(told(health(), {}, now - 3600))


def test_nobody_is_a_bystander_unless_the_page_is_public(settings: ConsoleSettings) -> None:
    assert Bystander(settings, Queues()).person.role == "viewer"
    with pytest.raises(AccessDenied):
        Bystander(replace(settings, public_status=False), Queues())
