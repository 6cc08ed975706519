"""What is said of a swarm beside its plan: goal, team, policy, blackboard, messages."""

from collections.abc import Mapping
from typing import Any

from vrooli.console.parts.addresses import address
from vrooli.console.parts.asked import Showing
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.rows import Rows
from vrooli.console.parts.run_seen import text_of
from vrooli.console.parts.swarm_seen import tasks_of
from vrooli.console.run_feed import RunSeen

Written = tuple[str, str, int, str, bool]
"""Name, text, version, by whom, and whether that is a run of the swarm."""


def show_goal(seen: RunSeen) -> None:
    """What it is to reach."""
    if seen.swarm:
        with Tag("p", "", "goal"):
            Tag("strong", "Goal: ")
            Tag("span", seen.swarm["goal"])


def show_team(seen: RunSeen) -> None:
    """Who is there, and what they may do."""
    swarm = seen.swarm
    if not swarm:
        return
    if swarm["team"]:
        Tag("h2", "Team")
        with Tag("dl", "", "facts"):
            for one in swarm["team"]:
                Tag("dt", one["name"])
                Tag("dd", one["role"])
    Tag("h2", "Policy")
    policy = swarm["policy"]
    with Tag("details"):
        Tag("summary", f"version {policy['version']}")
        if policy["due"] and not seen.ended:
            with Tag("p"):
                Tag("span", "Its deadline ends the swarm at ")
                moment(policy["due"])
        Tag("pre", text_of(policy["value"]), tabindex="0")


def show_beside(seen: RunSeen) -> None:
    """The runs that plan, or look whether the goal is met."""
    beside = seen.swarm["beside"] if seen.swarm else {}
    if not beside:
        return
    Tag("h2", "Planning and checking")
    with Tag("ul", "", "beside"):
        for name, runs in beside.items():
            for one in runs:
                with Tag("li", "", "row"):
                    Tag("strong", name)
                    Tag("span", one["status"], f"state {one['status']}")
                    link(f"run {one['run']}", address("runs", one["run"]))
                    if one["why"]:
                        Tag("span", one["why"], "soft")


def show_board(shown: Showing[RunSeen]) -> None:
    """What stands on the blackboard; what is folded open stays so."""
    with Tag("section"):
        Tag("h2", "Blackboard")
        about = Tag("p", "", "soft")
        rows: Rows[str, Written] = Rows(_written, "ol", "steps", row_classes="step")

    def look(seen: RunSeen) -> None:
        found = written(seen)
        rows.show((one[0], one) for one in found)
        about.text = "" if found else "Nothing stands on it."

    shown.hand(look)


def written(seen: RunSeen) -> list[Written]:
    """What stands on the blackboard. Pure."""
    runs = {one.run for one in tasks_of(seen)}
    board: Mapping[str, Any] = seen.swarm["board"] if seen.swarm else {}
    return [
        (name, text_of(one["value"]), one["version"], one["by"], one["by"] in runs)
        for name, one in sorted(board.items())
    ]


def _written(one: Written) -> None:
    name, text, version, by, is_run = one
    with Tag("div", "", "inside"):
        with Tag("div", "", "row"):
            Tag("strong", name)
            Tag("span", f"version {version}, by ", "soft")
            if is_run:
                link(f"run {by}", address("runs", by))
            else:
                Tag("span", by or "nobody", "soft")
        Tag("pre", text or "null", tabindex="0", aria_label=f"{name} on the blackboard")


def show_messages(shown: Showing[RunSeen]) -> None:
    """What was said to it, the newest last."""
    rows: Rows[int, Mapping[str, Any]] = Rows(_message, "ol", "said-to-it")
    shown.hand(lambda seen: rows.show(enumerate(seen.swarm["messages"] if seen.swarm else ())))


def _message(one: Mapping[str, Any]) -> None:
    with Tag("p", "", "soft"):
        Tag("strong", one["by"])
        Tag("span", ", ")
        moment(one["at"])
    Tag("p", text_of(one["text"]) or "null", "text")
