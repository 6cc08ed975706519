"""What may harm is done by who may, after saying so; nothing else touches anything."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.support.browser import Watched
from tests.support.stack import LiveStack
from vrooli.client.token import read_token
from vrooli.client.watchdog import WatchdogClient
from vrooli.core.address import HostPort
from vrooli.core.errors import AccessDenied, UsageError
from vrooli.core.passes import ADMIN, CONSOLE_KEY, FOR_WATCHDOG, VIEWER, Passes, Person

SERVICES = ("postgres", "server", "console", "web")


def test_a_destructive_action_is_refused_without_its_name(
    stack: LiveStack, docker_asked: list[bytes], opened: Watched
) -> None:
    before, heals = stack.pids(*SERVICES), len(stack.heals())
    page = opened.go("/checks/system-disk")
    row = page.locator(".ladder li", has_text="prune-images")
    row.get_by_role("button", name="See what it does").click()
    offer = page.locator(".offer")
    expect(offer).to_contain_text("It is destructive")
    do_it = offer.get_by_role("button", name="Do it: prune-images")
    do_it.click()  # the browser itself asks for the name
    expect(offer.get_by_label("Type system-disk to confirm")).to_be_focused()
    offer.get_by_label("Type system-disk to confirm").fill("system-dish")
    do_it.click()
    expect(page.locator(".doing .trouble")).to_contain_text("prune-images is destructive")
    _untouched(stack, before, heals, docker_asked)


def test_the_watchdog_refuses_it_whoever_asks(stack: LiveStack, docker_asked: list[bytes]) -> None:
    before, heals = stack.pids(*SERVICES), len(stack.heals())
    wish = {"subject": "system-disk", "action": "prune-images", "dry_run": False}
    for confirm in ({}, {"confirm": ""}, {"confirm": "yes"}, {"confirm": "prune-images"}):
        with pytest.raises(UsageError, match="prune-images is destructive"):
            _as_console(stack, Person("operator", ADMIN)).heal({**wish, **confirm})
    with pytest.raises(AccessDenied):
        _as_console(stack, Person("vera", VIEWER)).heal({**wish, "confirm": "system-disk"})
    with pytest.raises(AccessDenied):
        list(_as_console(stack, Person("vera", VIEWER)).operation("stop", ("web",)))
    _untouched(stack, before, heals, docker_asked)


def test_stopping_is_asked_about_first(stack: LiveStack, opened: Watched) -> None:
    before = stack.pids(*SERVICES)
    page = opened.go("/services/web")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(".offer")).to_contain_text("Stop web?")
    page.get_by_role("button", name="Leave it").click()
    expect(page.locator(".offer")).to_have_count(0)
    assert stack.pids(*SERVICES) == before


@pytest.mark.usefixtures("run")
def test_a_viewer_sees_controls_that_say_why_they_may_not(seen_by_viewer: Watched) -> None:
    why = re.compile("role is viewer|needs the role operator")
    for path, names in (
        ("/services/web", ("Start", "Restart", "Stop", "See what it does")),
        ("/routines/signed-note", ("Start",)),
        ("/settings", ("Send a test",)),
    ):
        page = seen_by_viewer.go(path)
        for name in names:
            button = page.get_by_role("button", name=name, exact=True).first
            expect(button).to_be_disabled()
            expect(button).to_have_attribute("title", why)


def _as_console(stack: LiveStack, person: Person) -> WatchdogClient:
    """With a pass, as the console has them."""
    key = read_token(stack.home / "data" / "console" / CONSOLE_KEY)
    shown = Passes(key, FOR_WATCHDOG).make(person, time.time())
    return WatchdogClient(HostPort("127.0.0.1", stack.ports["autoheal"]), shown)


def _untouched(
    stack: LiveStack, before: dict[str, int], heals: int, docker_asked: list[bytes]
) -> None:
    assert stack.pids(*SERVICES) == before
    assert len(stack.heals()) == heals
    assert docker_asked == []
