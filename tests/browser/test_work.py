"""The pages of the work: what is typed stays, what happens is seen, and what is asked is done."""

import json
import re
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import add_user, sign_in
from tests.support.browser import CHROMIUM, Watched
from tests.support.stack import LiveStack

pytestmark = pytest.mark.skipif(
    not Path(CHROMIUM).exists(), reason="Chromium is not installed (apt-get install chromium)"
)

PAID = """
name: paid-note
inputs:
  type: object
  required: [title]
  properties:
    title: {type: string, minLength: 3}
    at: {type: string, format: date-time}
    count: {type: integer, default: 2}
do:
  - step: note
    tool: {name: write_file, arguments: {path: note.md, text: "${inputs.title}"}}
  - step: paid
    wait: {signal: paid}
  - step: share
    value: {each: "${steps.paid.data.sum / (inputs.count - 2)}"}
"""

SIGNED = """
name: to-sign
do:
  - step: sign
    approval: {message: "Keep it?", what: {kept: true, risk: changing}}
"""


def _add(stack: LiveStack, folder: Path, text: str) -> None:
    file = folder / "routine.yaml"
    file.write_text(text)
    added = stack.run("routine", "add", str(file))
    assert added.returncode == 0, added.stderr


def test_a_run_is_started_signalled_and_forked_on_its_page(
    stack: LiveStack, opened: Watched, tmp_path: Path
) -> None:
    _add(stack, tmp_path, PAID)
    page = opened.go("/routines/paid-note")
    page.get_by_label("title").fill("ab")
    page.get_by_label("count").fill("3")
    page.get_by_label("count").fill("2")
    start = page.get_by_role("button", name="Start", exact=True)
    start.click()
    expect(page.get_by_text("'ab' is too short")).to_be_visible()
    expect(page.get_by_label("count")).to_have_value("2")
    page.get_by_label("title").fill("abc")
    start.click()
    page.wait_for_url("**/runs/*")
    expect(page.get_by_text("paid began")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="note.md").click()
    assert Path(download.value.path()).read_text(encoding="utf-8") == "abc"
    run = page.url
    page.get_by_label("What it carries").fill('{"sum": 6}')
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("main .panel .state.failed")).to_be_visible()
    page.get_by_role("button", name="Fork ...", exact=True).click()
    page.get_by_label("From where").select_option("paid")
    expect(page.get_by_text("Kept as it is: note")).to_be_visible()
    page.get_by_label("count").fill("4")
    page.get_by_role("button", name="Fork it").click()
    page.wait_for_url(lambda url: url != run)
    expect(page.get_by_role("link", name=re.compile("forked from run"))).to_be_visible()
    expect(page.get_by_role("heading", name="It waits for a signal")).to_be_visible()


def test_what_is_typed_in_the_inbox_stays_and_several_are_answered_together(
    stack: LiveStack, opened: Watched, tmp_path: Path
) -> None:
    _add(stack, tmp_path, SIGNED)
    stack.run("run", "start", "to-sign")
    page = opened.go("/approvals")
    expect(page.locator(".inbox article")).to_have_count(1)
    page.get_by_label("Reason").fill("half typ")
    stack.run("run", "start", "to-sign")
    expect(page.locator(".inbox article")).to_have_count(2)
    expect(page.locator(".menu .count")).to_have_text("2")
    expect(page.locator(".inbox article").last.get_by_label("Reason")).to_have_value("half typ")
    add_user(stack, "olga@example.org", "operator")
    page.get_by_role("button", name="Hand on to ...").last.click()
    dialog = page.get_by_role("dialog", name="Hand on to ...")
    expect(dialog.get_by_text("Keep it?")).to_be_visible()
    expect(dialog.get_by_text("risk: changing")).to_be_visible()
    page.get_by_label("Who is asked").select_option("olga@example.org")
    page.get_by_role("button", name="Hand it on").click()
    expect(page.get_by_text("Asked of olga@example.org by you.")).to_be_visible()
    expect(page.locator(".inbox article")).to_have_count(1)
    expect(page.locator(".menu .count")).to_have_text("1")
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator(".inbox article")).to_have_count(2)
    page.get_by_label("Choose all").check()
    page.get_by_role("button", name="Reject those chosen").click()
    page.get_by_role("button", name="Reject them").click()
    expect(page.get_by_text("No question waits for you.")).to_be_visible()
    expect(page.get_by_text("rejected by operator")).to_have_count(2)
    opened.go("/runs?routine=to-sign&status=failed")
    expect(page.locator("tbody tr")).to_have_count(2)


def test_chosen_ones_that_do_not_count_are_named_with_the_reason(
    stack: LiveStack, opened: Watched, tmp_path: Path
) -> None:
    _add(stack, tmp_path, SIGNED)
    runs = [json.loads(stack.run("run", "start", "to-sign", "--json").stdout) for _ in range(4)]
    page = opened.go("/approvals")
    expect(page.locator(".inbox article")).to_have_count(4)
    page.get_by_label("Choose all").check()
    own = page.locator(".inbox article", has_text=runs[3]["id"])
    own.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator(".inbox article")).to_have_count(3)
    faster = runs[0]["id"]
    assert stack.run("approval", "approve", faster, "sign").returncode == 0
    expect(page.locator(".inbox article")).to_have_count(2)
    page.get_by_role("button", name="Approve those chosen").click()
    page.get_by_role("button", name="Approve them").click()
    told = page.locator("main").get_by_role("alert").filter(has_text="2 approved. 1 did not count.")
    name = f"Keep it? (step sign of run {faster}): operator has approved it already"
    expect(told.get_by_text(name)).to_be_visible()
    expect(page.get_by_text("No question waits for you.")).to_be_visible()


def test_an_admin_chooses_what_is_asked_of_others_one_by_one(
    stack: LiveStack, browser: Browser, tmp_path: Path
) -> None:
    _add(stack, tmp_path, SIGNED)
    runs = [json.loads(stack.run("run", "start", "to-sign", "--json").stdout) for _ in range(2)]
    add_user(stack, "rosa@example.org", "admin")
    with closing(browser.new_context()) as context:
        page = sign_in(context, stack, "rosa@example.org").go("/approvals")
        expect(page.locator(".inbox article")).to_have_count(2)
        page.get_by_label("Choose all").check()
        expect(page.locator(".inbox .pick:checked")).to_have_count(0)
        page.get_by_label("Choose it").first.check()
        expect(page.locator(".inbox .pick:checked")).to_have_count(1)
    for run in runs:
        assert stack.run("approval", "reject", run["id"]).returncode == 0


def test_another_is_asked_while_somebody_is_away(
    stack: LiveStack, opened: Watched, tmp_path: Path
) -> None:
    add_user(stack, "paul@example.org", "operator")
    page = opened.go("/approvals")
    page.get_by_text("Going away?").click()
    send = page.get_by_role("button", name="Have that one asked")
    send.click()
    expect(page.get_by_text("Say who is asked")).to_be_visible()
    expect(page.get_by_text("Say when you are back")).to_be_visible()
    to, until = page.get_by_label("Whom to ask"), page.get_by_label("Until when")
    to.fill("nobody@example.org")
    until.fill("2020-01-01T08:00")
    send.click()
    expect(page.get_by_text("There is no user of that address.")).to_be_visible()
    to.fill("paul@example.org")
    send.click()
    expect(page.get_by_text("Expected a time to come, in 90 days at most.")).to_be_visible()
    soon = datetime.now() + timedelta(days=2)
    until.fill(f"{soon:%Y-%m-%dT%H:%M}")
    page.get_by_label("For which questions").select_option("dangerous")
    send.click()
    expect(page.get_by_text("paul@example.org is asked all that your runs ask.")).to_be_visible()
    (rule,) = json.loads(stack.run("approval", "away", "--json").stdout)
    assert (rule["to"], rule["risk"]) == ("paul@example.org", "dangerous")
    _add(stack, tmp_path, SIGNED)
    stack.run("run", "start", "to-sign")
    expect(page.get_by_text("Asked of paul@example.org by you.")).to_be_visible()
    page.get_by_role("button", name="I am back").click()
    expect(page.get_by_role("button", name="I am back")).to_have_count(0)
    assert json.loads(stack.run("approval", "away", "--json").stdout) == []
