"""What a person holds back is left alone, what would be done can be asked, and both outlive the
watchdog.
"""

import json
import signal
from collections.abc import Iterator

import pytest

from tests.support.stack import LiveStack, gone, said
from vrooli.autoheal.policy import RULES


@pytest.fixture
def stack() -> Iterator[LiveStack]:
    """Two services, one of which needs the other."""
    stack = LiveStack()
    stack.add("db")
    stack.add("web", needs=["db"])
    stack.write()
    stack.up()
    yield stack
    stack.close()


def test_in_maintenance_nothing_is_healed_and_afterwards_it_is(stack: LiveStack) -> None:
    window = stack.ask("maintenance", "start", "db", "--for", "10m", "--why", "disk")
    killed = stack.kill("db")
    stack.until(lambda: stack.service("db").get("state") == "failed", "it is down")
    plan = stack.until(lambda: stack.ask("plan"), "it is planned about")
    assert [(row["service"], row["verdict"], row["rule"]) for row in plan] == [
        ("db", "wait", "maintenance")
    ]
    assert "disk" in plan[0]["reason"]
    stack.kill("autoheal")
    stack.until(lambda: _ask_quietly(stack) == [window["id"]], "the next watchdog knows of it")
    assert gone(killed)
    assert stack.heals("db") == []
    stack.ask("maintenance", "end", window["id"])
    stack.until_healed("db")


def test_maintenance_that_ends_when_all_is_well_ends_itself(stack: LiveStack) -> None:
    stack.ask("maintenance", "start", "--for", "1h", "--until-green")
    stack.kill("db")
    stack.until(lambda: stack.service("db").get("state") == "failed", "it is down")
    assert stack.run("start", "db").returncode == 0
    stack.until(lambda: stack.ask("maintenance", "list") == [], "the window is over")


def test_what_is_in_quarantine_waits_for_a_person(stack: LiveStack) -> None:
    held = stack.ask("quarantine", "hold", "web", "--why", "eats data")
    assert [(item["subject"], item["why"]) for item in held] == [("web", "eats data")]
    stack.kill("web")
    stack.until(lambda: "quarantine" in stack.service("web").get("message", ""), "it is left alone")
    assert stack.ask("explain", "web")["rule"] == "quarantine"
    assert stack.ask("quarantine", "release", "web") == []
    stack.until_healed("web")


def test_shadow_mode_says_what_it_would_do_and_does_nothing(stack: LiveStack) -> None:
    stack.add("web", needs=["db"], heal="shadow")
    stack.write()
    stack.up()
    stack.kill("web", signal.SIGKILL)
    stack.until(lambda: "would have been healed" in stack.service("web")["message"], "it is told")
    explained = stack.ask("explain", "scenario-web")
    assert (explained["rule"], explained["actions"]) == ("shadow", ["start"])
    assert stack.heals("web") == []


def test_a_service_that_is_well_is_explained_as_if_it_had_ended(stack: LiveStack) -> None:
    explained = stack.ask("explain", "db")
    assert explained["supposed"]
    assert (explained["verdict"], explained["actions"]) == ("heal", ["start"])
    assert [rule["rule"] for rule in explained["rules"]] == [rule.name for rule in RULES]
    ended = stack.autoheal_command("explain", "db")
    assert "if it ended just now" in ended.stdout
    assert stack.ask("plan") == []
    assert stack.run("stop", "db").returncode == 0
    ended = stack.autoheal_command("explain", "db")
    assert ended.stdout.startswith("db: is stopped\n  leave by rule not-wanted"), said(ended)


def test_the_same_policy_replays_what_was_decided_and_another_says_otherwise(
    stack: LiveStack,
) -> None:
    for times in (1, 2, 3):
        stack.kill("db")
        stack.until_healed("db", times)
    decided = stack.ask("replay", "--since", "1h")
    assert [row["would_be"] for row in decided] == [row["was"] for row in decided]
    assert ["heal", "heal"] in [row["was"] for row in decided]
    assert ["wait", "backoff"] in [row["was"] for row in decided]
    eager = stack.folder / "eager.toml"
    eager.write_text("[autoheal]\ndelays = [0]\n", encoding="utf-8")
    again = stack.ask("replay", "--since", "1h", "--policy", str(eager))
    assert {tuple(row["would_be"]) for row in again if row["subject"] == "db"} == {("heal", "heal")}
    assert any(row["differs"] for row in again)
    told = stack.autoheal_command("replay", "--policy", str(eager))
    assert "decisions," in told.stdout, said(told)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("explain", "nobody"), "there is no service or check `nobody`"),
        (("maintenance", "start", "nobody"), "nobody"),
        (("maintenance", "start", "--for", "31d"), "--for"),
        (("maintenance", "end", "nothing"), "there is no maintenance window"),
        (("quarantine", "release", "web"), "web is not in quarantine"),
    ],
)
def test_a_mistake_is_named_and_ends_with_2(
    stack: LiveStack, arguments: tuple[str, ...], words: str
) -> None:
    ended = stack.autoheal_command(*arguments)
    assert ended.returncode == 2, said(ended)
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def _ask_quietly(stack: LiveStack) -> list[str]:
    ended = stack.autoheal_command("maintenance", "list", "--json")
    return [w["id"] for w in json.loads(ended.stdout)] if ended.returncode == 0 else []
