"""Users, keys, settings and the map, as those see them who may."""

import re
import secrets
from contextlib import closing

import httpx
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import PASSWORD, add_user, come_in, link_of, sign_in
from tests.support.browser import Watched
from tests.support.receiver import Receiver
from tests.support.stack import LiveStack

SLOW = 60_000  # ms


def test_an_admin_adds_a_user_and_changes_the_role(stack: LiveStack, opened: Watched) -> None:
    email = f"u{secrets.token_hex(4)}@example.org"
    page = opened.go("/users")
    page.get_by_label("Address of a new user").fill(email)
    users = page.locator("section", has=page.get_by_role("heading", name="Users", exact=True))
    users.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Add the user").click()
    expect(users.locator(".outcome")).to_contain_text(f"{email} is added.")
    row = users.locator("tr", has_text=email)
    row.get_by_label("Role").select_option("operator")
    row.get_by_role("button", name="Set").first.click()
    expect(users.locator(".outcome")).to_contain_text(f"{email} is operator now.")
    row.get_by_role("button", name="Keep out").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep out").click()
    expect(users.locator(".outcome")).to_contain_text(f"{email} is kept out.")


def test_a_key_is_shown_once_opens_the_server_and_is_revoked(
    stack: LiveStack, browser: Browser
) -> None:
    email = "kim@example.org"
    add_user(stack, email, "operator")
    with closing(browser.new_context()) as context:
        watched = sign_in(context, stack, email)
        page = watched.go("/users")
        name = page.get_by_label("Name of a new key")
        name.fill("laptop")
        keys = page.locator("section", has=page.get_by_role("heading", name="API keys"))
        roles = keys.get_by_label("Role").locator("option").all_text_contents()
        assert roles == ["viewer", "operator"]
        page.get_by_role("button", name="Make the key").click()
        key = keys.locator("code.secret").text_content() or ""
        assert _status(stack, key) == 200
        page = watched.go("/users")
        expect(page.locator("code.secret")).to_have_count(0)
        keys.get_by_role("button", name="Revoke").click()
        page.get_by_role("dialog").get_by_role("button", name="Revoke it").click()
        expect(keys.locator(".outcome")).to_contain_text("laptop opens nothing any more.")
        assert _status(stack, key) == 401
        assert watched.wrong == []


def test_a_viewer_sees_to_nobody_else(seen_by_viewer: Watched) -> None:
    page = seen_by_viewer.go("/users")
    expect(page.get_by_text("vera@example.org, with the role viewer.")).to_be_visible()
    for name in ("Users", "Invitations"):
        expect(page.get_by_role("heading", name=name, exact=True)).to_have_count(0)
    roles = page.get_by_label("Role").locator("option").all_text_contents()
    assert roles == ["viewer"]


def test_a_notification_is_tried_and_it_is_said_what_comes_after_a_reboot(
    opened: Watched, receiver: Receiver
) -> None:
    page, before = opened.go("/settings"), receiver.asked
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator(".outcome")).to_contain_text("box")
    expect(page.locator(".outcome .done")).to_have_count(1)
    assert receiver.asked == before + 1
    boot = page.locator("section", has=page.get_by_role("heading", name="After a reboot"))
    expect(boot.locator(".state")).to_have_text(re.compile("ok|warning|critical|unknown"))


def test_the_map_shows_the_root_cause_and_who_waits_for_it_without_a_reload(
    stack: LiveStack, opened: Watched
) -> None:
    page = opened.go("/map")
    page.evaluate("window.same = true")
    expect(_node(opened, "postgres")).to_have_class(re.compile(r"\bok\b"))
    held = stack.autoheal_command("quarantine", "hold", "server")
    assert held.returncode == 0, held.stderr
    sick = stack.touch("sick")  # what needs the server fails with it
    try:
        stack.kill("server")
        expect(_node(opened, "server")).to_have_class(
            re.compile(r"\bcritical root\b"), timeout=SLOW
        )
        expect(_node(opened, "server")).to_contain_text("root cause")
        expect(_node(opened, "web")).to_have_class(re.compile(r"\bblocked\b"))
        expect(page.locator("main").get_by_role("status")).to_contain_text("server is the root")
    finally:
        sick.unlink()
        stack.autoheal_command("quarantine", "release", "server")
    for name in ("server", "web"):
        expect(_node(opened, name)).to_have_class(re.compile(r"\bok\b"), timeout=SLOW)
    assert page.evaluate("window.same"), "the page was loaded anew"
    stack.until_ok()


def test_a_session_that_ends_elsewhere_leads_its_pages_to_the_log_in(
    stack: LiveStack, browser: Browser
) -> None:
    with closing(browser.new_context()) as context:
        first, second = (Watched(context, stack.url("console", "")) for _ in range(2))
        come_in(first.page, link_of(stack))
        first.go("/map")
        second.go("/").get_by_role("button", name="Sign out").click()
        first.page.wait_for_url("**/login*")
        expect(first.page.get_by_label("E-mail address")).to_be_visible()


def _node(watched: Watched, name: str) -> Locator:
    return watched.page.locator(f".map-node[href='/services/{name}']")


def _status(stack: LiveStack, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.get(stack.url("server", "/api/v1/runs"), headers=headers).status_code
