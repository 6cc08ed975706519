"""The console as people see it: in a browser, against a stack that really runs."""

import os
import re
import signal
from contextlib import closing

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import come_in, link_of
from tests.support.browser import Watched
from tests.support.stack import ROOT, LiveStack

NOTE_TURNS = """() => {
  window.turns = [];
  const name = (card) => card?.querySelector("a")?.textContent;
  new MutationObserver((seen) => {
    for (const one of seen) {
      const card = one.target.closest?.(".card") ?? one.target.querySelector?.(".card");
      if (name(card) === "postgres") window.turns.push(card.className);
    }
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
"""Notes each class that the card of PostgreSQL has."""


def test_the_link_signs_in_once(stack: LiveStack, browser: Browser) -> None:
    link = link_of(stack)
    with closing(browser.new_context()) as first:
        page = first.new_page()
        come_in(page, link)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        cookie = first.cookies()[0]
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    with closing(browser.new_context()) as second:
        page = second.new_page()
        page.goto(link)
        expect(page.get_by_role("alert")).to_contain_text("used before")
        page.goto(stack.url("console", "/"))
        assert page.url.endswith("/login?to=/")


def test_a_killed_service_turns_and_heals_without_a_reload(
    stack: LiveStack, opened: Watched
) -> None:
    page = opened.go("/")
    page.evaluate("window.same = true")
    expect(_card(page, "postgres")).to_have_class(re.compile(r"\bok\b"))
    # It heals faster than one can look: what was on the page in between is noted.
    page.evaluate(NOTE_TURNS)
    heals = len(stack.heals("postgres"))
    os.kill(stack.pid("postgres"), signal.SIGKILL)
    page.wait_for_function("window.turns.some((one) => !/\\bok\\b/.test(one))")
    stack.until(lambda: len(stack.heals("postgres")) > heals, "a heal is booked")
    expect(_card(page, "postgres")).to_have_class(re.compile(r"\bok\b"), timeout=60_000)
    expect(page.get_by_text("postgres", exact=False).first).to_be_visible()
    assert page.evaluate("window.same"), "the page was loaded anew"
    stack.until_ok()


def test_a_watchdog_that_is_away_is_told_and_comes_back(stack: LiveStack, opened: Watched) -> None:
    page = opened.go("/")
    # The keeper would replace it.
    pids = [stack.pid("keeper"), stack.pid("autoheal")]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        expect(page.get_by_role("alert")).to_contain_text(
            "The watchdog does not answer", timeout=60_000
        )
    finally:
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)
    expect(page.get_by_role("alert")).to_have_count(0, timeout=60_000)
    stack.until_ok()


def test_a_routine_is_started_by_its_form_and_a_step_approved(
    stack: LiveStack, opened: Watched
) -> None:
    added = stack.run("routine", "add", str(ROOT / "examples" / "signed-note.yaml"))
    assert added.returncode == 0, added.stderr
    page = opened.go("/routines/signed-note")
    page.get_by_label("about").fill("the weather")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**/runs/*")
    run = page.url
    opened.go("/approvals")
    page.get_by_label("Reason").fill("well said")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("approved by operator: well said")).to_be_visible()
    page.goto(run)
    expect(page.locator("main .state.completed").first).to_be_visible()
    expect(page.get_by_text("the weather").first).to_be_attached()


def test_without_the_server_work_says_so_and_health_goes_on(
    stack: LiveStack, opened: Watched
) -> None:
    assert stack.run("stop", "server").returncode == 0
    try:
        page = opened.go("/runs")
        expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
        opened.go("/")
        expect(_card(page, "postgres")).to_have_class(re.compile(r"\bok\b"))
        opened.go("/runs")
    finally:
        assert stack.run("start", "web").returncode == 0
    expect(page.get_by_role("alert")).to_have_count(0, timeout=60_000)
    stack.until_ok()


def test_whoever_signs_out_sees_no_more(stack: LiveStack, browser: Browser) -> None:
    with closing(browser.new_context()) as context:
        page = context.new_page()
        come_in(page, link_of(stack))
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("E-mail address")).to_be_visible()
        page.goto(stack.url("console", "/"))
        expect(page.get_by_label("E-mail address")).to_be_visible()


def test_the_keyboard_reaches_page_and_menu(opened: Watched) -> None:
    page = opened.go("/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the page")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("nav :focus")).to_have_count(1)


def _card(page: Page, name: str) -> Locator:
    return page.locator(".services .card", has=page.get_by_role("link", name=name, exact=True))
