"""`plan`, `explain` and `replay` agree with what the loop does, in a stack that really fails."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.stack import LiveStack


@pytest.fixture
def stack() -> Iterator[LiveStack]:
    """Four services that are healed, and one that is only decided about."""
    stack = LiveStack()
    stack.autoheal(stability=0.5, sweep=1, delays=[0, 1, 600], breaker=100)
    stack.add("db")
    stack.add("web", needs=["db"])
    stack.add("lone")
    stack.add("ghost", heal="shadow")
    stack.add("held", config_test=["sh", "-c", "test ! -e broken || { echo line 7; exit 1; }"])
    stack.write()
    stack.up()
    yield stack
    stack.close()


def _recorded(stack: LiveStack) -> list[dict[str, Any]]:
    """Every decision, the oldest first."""
    found: list[dict[str, Any]] = stack.get("autoheal", "/decisions?limit=10000")["decisions"]
    return found


def _until_decided(stack: LiveStack, name: str, *decision: str) -> None:
    """The latest decision about `name` is this one, and `plan` and `explain` say the same."""

    def latest() -> bool:
        mine = [one["data"] for one in _recorded(stack) if one["subject"] == name]
        return bool(mine) and (mine[-1]["verdict"], mine[-1]["rule"]) == decision

    stack.until(latest, f"{decision} is decided about {name}")
    (planned,) = [row for row in stack.ask("plan") if row["service"] == name]
    explained = stack.ask("explain", name)
    for told in (planned, explained):
        assert (told["verdict"], told["rule"]) == decision
    first = next(rule for rule in explained["rules"] if rule["verdict"])
    assert (first["verdict"], first["rule"]) == decision


def test_what_is_said_is_what_is_done_and_would_be_done_again(stack: LiveStack) -> None:
    stack.kill("lone")
    stack.until_healed("lone")
    stack.kill("lone", signal.SIGSTOP)
    stack.until_healed("lone", 2)
    stack.kill("lone")
    _until_decided(stack, "lone", "wait", "backoff")
    stack.kill("ghost")
    _until_decided(stack, "ghost", "leave", "shadow")
    stack.ask("quarantine", "hold", "db", "--why", "eats data")
    stack.kill("db")
    _until_decided(stack, "db", "leave", "quarantine")
    stack.kill("web")
    _until_decided(stack, "web", "block", "root-cause")
    window = stack.ask("maintenance", "start", "held", "--for", "10m")
    stack.kill("held")
    _until_decided(stack, "held", "wait", "maintenance")
    broken = stack.touch("broken")
    stack.ask("maintenance", "end", window["id"])
    stack.until(lambda: stack.outcomes("held") == ["refused"], "it is refused")
    assert "line 7" in stack.heals("held")[-1]["note"]
    (planned,) = [row for row in stack.ask("plan") if row["service"] == "held"]
    assert (planned["verdict"], planned["rule"]) == ("refuse", "gate")
    assert "line 7" in planned["reason"]
    broken.unlink()
    assert stack.run("start", "held").returncode == 0
    stack.ask("quarantine", "release", "db")
    mended = ("db", "web")
    stack.until(
        lambda: all("healed" in stack.outcomes(name) for name in mended), f"{mended} are healed"
    )
    decided, recorded = stack.ask("replay", "--since", "1h"), _recorded(stack)
    assert [(row["subject"], row["would_be"]) for row in decided] == [
        (one["subject"], [one["data"]["verdict"], one["data"]["rule"]]) for one in recorded
    ]
    assert not any(row["differs"] for row in decided)
    rules = {one["data"]["rule"] for one in recorded}
    assert rules >= {"heal", "backoff", "shadow", "quarantine", "root-cause", "maintenance"}
