"""The room of a swarm: people steer it, speak to it, do their part, and see what comes of it."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import Watched
from tests.support.stack import LiveStack
from tests.support.swarms import waiting_swarm


def test_nothing_is_lost_where_somebody_else_was_faster(
    opened: Watched, swarm: str, stack: LiveStack
) -> None:
    page = opened.go(f"/swarms/{swarm}")
    policy = page.get_by_role("article").filter(has_text="policy").first
    policy.get_by_role("button", name="Change").click()
    text = policy.get_by_label("policy, version 1, as JSON")
    text.fill('{"width": 2}')
    policy.get_by_role("button", name="Write it").click()
    expect(policy.get_by_text("approve goes away")).to_be_visible()
    text.fill('{"width": 0, "approve": []}')
    policy.get_by_role("button", name="Write it").click()
    expect(policy.get_by_text("policy.width: 0 is less than the minimum of 1")).to_be_visible()
    expect(policy.get_by_text("What becomes looser")).to_have_count(0)
    text.fill('{"width": "two", "approve": ["changing"]}')
    policy.get_by_role("button", name="Write it").click()
    expect(policy.get_by_text("policy.width: 'two' is not of type 'integer'")).to_be_visible()
    expect(policy.get_by_text("approve goes away")).to_have_count(0)
    text.fill('{"width": 2, "approve": ["changing"], "depth": 1}')
    faster = '{"width": 1, "approve": ["changing"]}'
    assert stack.run("swarm", "write", swarm, "policy", faster).returncode == 0
    policy.get_by_role("button", name="Write it").click()
    expect(policy.get_by_label("The newer version")).to_contain_text('"width": 1')
    expect(text).to_have_value('{"width": 2, "approve": ["changing"], "depth": 1}')
    policy.get_by_role("button", name="Write it").click()
    expect(policy.get_by_text("2 tasks at once instead of 1")).to_be_visible()
    policy.get_by_role("button", name="Write it").click()
    expect(text).to_have_count(0)


def test_a_deadline_is_told_and_one_that_has_passed_before_it_is_written(
    opened: Watched, stack: LiveStack
) -> None:
    swarm = waiting_swarm(stack)  # of its own: it ends it
    page = opened.go(f"/swarms/{swarm}")
    assert stack.run("swarm", "write", swarm, "policy", '{"deadline": "2h"}').returncode == 0
    told = page.locator("details").filter(has_text="version 2").first
    told.locator("summary").click()
    expect(told.get_by_text("Its deadline ends the swarm at")).to_be_visible()
    policy = page.get_by_role("article").filter(has_text="policy").first
    policy.get_by_role("button", name="Change").click()
    policy.get_by_label("policy, version 2, as JSON").fill('{"deadline": "1ms"}')
    policy.get_by_role("button", name="Write it").click()
    expect(policy.get_by_text("its deadline, 1ms after it began, is over")).to_be_visible()
    shown = stack.run("swarm", "show", swarm).stdout
    assert "deadline 2h (at " in shown
    assert " so far" in shown
    written = stack.run("swarm", "write", swarm, "policy", '{"deadline": "1ms"}')
    assert "the swarm is ended, and fails" in written.stdout + written.stderr
    expect(told.get_by_text("Its deadline ends the swarm at")).to_have_count(0)
    assert f"run retry {swarm}` goes on" in stack.run("swarm", "why", swarm).stdout


def test_what_is_put_back_says_first_what_it_does(
    opened: Watched, swarm: str, stack: LiveStack
) -> None:
    for said in ('{"depth": null}', '{"depth": 1}'):
        assert stack.run("swarm", "write", swarm, "policy", said).returncode == 0
    page = opened.go(f"/swarms/{swarm}")
    policy = page.get_by_role("article").filter(has_text="policy").first
    policy.get_by_text("Versions").click()
    back = policy.get_by_role("button", name="Put back")
    back.last.click()
    asked = page.get_by_role("dialog", name=re.compile("Put back the policy as in version"))
    asked.get_by_role("button", name="Leave it").click()
    expect(asked).to_have_count(0)
    back.first.click()
    expect(asked.get_by_text("depth goes away")).to_be_visible()
    expect(asked.get_by_text("3 swarms in each other below it instead of 1")).to_be_visible()
    asked.get_by_role("button", name="Put it back").click()
    policy.get_by_text("What it changed in version").first.click()
    expect(policy.locator(".diff").first).to_contain_text('-  "depth": 1')
    plan = page.locator(".written", has_text="plan").first
    plan.get_by_role("button", name="Change").click()
    plan.get_by_label("as JSON").fill('[{"task": "sizes", "routine": "listing"}]')
    plan.get_by_role("button", name="Write it").click()
    ended = "what a person does for judge is ended: that plan has no such task"
    expect(plan.get_by_role("alert").get_by_text(ended)).to_be_visible()


def test_something_new_is_written_and_the_swarm_stopped_and_retried(
    opened: Watched, swarm: str
) -> None:
    page = opened.go(f"/swarms/{swarm}")
    page.get_by_text("Write something new").click()
    page.get_by_label("Key").fill("Bad key")
    page.get_by_label("What it is to be").fill('"the log \u202eof nginx"')
    write = page.get_by_role("button", name="Write it")
    write.click()
    expect(page.get_by_text("A key begins with a small letter")).to_be_visible()
    expect(page.get_by_label("Key")).to_have_value("Bad key")
    page.get_by_label("Key").fill("sizes")
    write.click()
    expect(page.get_by_text("sizes stands on the blackboard already")).to_be_visible()
    page.get_by_label("Key").fill("hint")
    write.click()
    expect(page.get_by_label("hint on the blackboard")).to_contain_text("the log \ufffdof nginx")
    page.get_by_label("Say something").fill("turn \u202eit")
    page.get_by_role("button", name="Say it").click()
    expect(page.locator(".said-to-it")).to_contain_text("turn \ufffdit")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Stop it").click()
    page.get_by_role("button", name="Retry").click()
    asked = page.get_by_role("dialog", name="Retry this swarm?")
    expect(asked.get_by_text("Done anew: judge")).to_be_visible()
    expect(asked.get_by_text("Done for the first time: clean, report")).to_be_visible()
    expect(asked.get_by_text("Kept as it is: sizes")).to_be_visible()
    expect(asked.get_by_text("Of the budget of $1.00 it has $1.00 left.")).to_be_visible()
    asked.get_by_role("button", name="Retry it").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_one_that_is_not_there_is_compared_with_nothing(opened: Watched, swarm: str) -> None:
    page = opened.go(f"/swarms/compare?one={swarm}&other=nope")
    expect(page.get_by_text("there is no swarm `nope`")).to_be_visible()
    expect(page.get_by_text("Asking the server")).to_have_count(0)


@pytest.mark.usefixtures("swarm")
def test_who_only_looks_is_not_offered_to_stop_all(seen_by_viewer: Watched) -> None:
    page = seen_by_viewer.go("/swarms")
    expect(page.get_by_role("button", name="Show these")).to_be_visible()
    expect(page.get_by_role("button", name="Stop all")).to_have_count(0)


def test_the_menu_counts_what_a_person_is_to_do(opened: Watched, swarm: str) -> None:
    page = opened.go("/approvals")
    expect(page.get_by_role("heading", name="For a person to do")).to_be_visible()
    expect(page.get_by_role("link", name=f"swarm {swarm}").first).to_be_visible()
    expect(page.locator(".menu .count")).to_have_text("1")
    expect(page.get_by_title("1 task for a person")).to_be_visible()


def test_a_swarm_is_steered_and_brought_to_its_end_in_its_room(opened: Watched, swarm: str) -> None:
    page = opened.go("/approvals")
    page.get_by_role("link", name=f"swarm {swarm}").first.click()
    expect(page.get_by_label("What it came to")).to_be_visible()
    page = opened.go("/swarms")
    page.get_by_label(f"Choose disk-triage {swarm}").check()
    page.get_by_role("button", name="Compare the two chosen").click()
    expect(page.get_by_text("Choose two swarms: one is chosen.")).to_be_visible()
    page.get_by_role("link", name=swarm).click()
    state = page.locator("main .panel .state").first
    page.get_by_label("What it came to").fill("[a")
    expect(page.get_by_role("heading", name=f"Swarm disk-triage {swarm}")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(state).to_have_text("paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_label("Say something").fill("look at the logs")
    page.get_by_role("button", name="Say it").click()
    expect(page.locator(".said-to-it")).to_contain_text("look at the logs")
    expect(page.get_by_label("Say something")).to_have_value("")
    expect(page.get_by_label("What it came to")).to_have_value("[a")
    page.get_by_role("button", name="It is done").click()
    expect(page.get_by_text("is not JSON")).to_be_visible()
    report = page.locator("#task-report")
    report.get_by_role("button", name="Hand over").click()
    asked = page.get_by_role("dialog")
    asked.get_by_label("What is to be done").fill("write it by hand")
    asked.get_by_role("button", name="Hand it").click()
    expect(report.get_by_text("write it by hand")).to_be_visible()
    report.get_by_role("button", name="Take it back").click()
    expect(report.get_by_role("button", name="Hand over")).to_be_visible()
    page.get_by_label("What it came to").fill('["a.log"]')
    page.get_by_role("button", name="It is done").click()
    expect(page.get_by_label("chosen on the blackboard")).to_contain_text("a.log")
    page.get_by_role("button", name="Approve").click()
    expect(state).to_have_text("completed")
    expect(page.get_by_text("4 of 4 tasks done.")).to_be_visible()
    expect(page.locator(".events").get_by_role("link", name="report").last).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    page.get_by_role("link", name="Steps and fork").click()
    expect(page.get_by_role("link", name="It is a swarm")).to_be_visible()
