"""The way into the console, by the command line."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from vrooli.cli.app import build_vrooli
from vrooli.cli.console import tell_way_in
from vrooli.client.watchdog import WatchdogClient
from vrooli.core.errors import Unreachable, UsageError
from vrooli.core.home import Home
from vrooli.main.kit import LocalKit
from vrooli.stack.compiled import write_compiled
from vrooli.stack.model import Service, Stack

CONSOLE = Service("look", "look", "scenario", "console", host="127.0.0.1", port=3003)


class OneHome(LocalKit):
    """The kit of a home in which nothing was started; it says how the console is."""

    state = "running"

    def watchdog(self, home: Home) -> WatchdogClient:
        """There is none."""
        raise Unreachable("no watchdog runs")

    def unwatched_status(self, home: Home) -> Mapping[str, Any]:
        """What the keeper would say."""
        return {"services": [{"name": "look", "kind": "scenario", "state": self.state}]}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path, tmp_path)
    home.secrets.mkdir(mode=0o700)
    write_compiled(Stack("shop", {"look": CONSOLE}), home.stack_json)
    return home


@pytest.fixture
def kit(home: Home, monkeypatch: pytest.MonkeyPatch) -> OneHome:
    monkeypatch.chdir(home.root)
    return OneHome({"VROOLI_HOME": str(home.root), "SSH_CONNECTION": "a 1 198.51.100.7 22"})


def test_the_link_is_printed_alone_and_what_else_helps_beside_it(kit: OneHome) -> None:
    shown = CliRunner().invoke(build_vrooli(kit), ["console", "link"])
    assert shown.exit_code == 0
    assert shown.stdout.startswith("http://127.0.0.1:3003/login?link=")
    assert len(shown.stdout.splitlines()) == 1
    assert "ssh -L 3003:127.0.0.1:3003" in shown.stderr
    assert "does not run" not in shown.stderr
    found = json.loads(CliRunner().invoke(build_vrooli(kit), ["console", "link", "--json"]).stdout)
    assert sorted(found) == ["tunnel", "until", "url"]


def test_one_that_does_not_run_is_named(kit: OneHome) -> None:
    kit.state = "stopped"
    shown = CliRunner().invoke(build_vrooli(kit), ["console", "link"])
    assert shown.exit_code == 0
    assert "it does not run now" in shown.stderr


def test_a_stack_without_one_says_what_to_declare(kit: OneHome, home: Home) -> None:
    write_compiled(Stack("shop", {}), home.stack_json)
    refused = CliRunner().invoke(build_vrooli(kit), ["console", "link"])
    assert isinstance(refused.exception, UsageError)
    assert "[scenarios.console]" in str(refused.exception.next_step)


def test_up_ends_with_the_link_where_a_console_runs(
    kit: OneHome, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    tell_way_in(kit, home)
    told = capsys.readouterr().err
    assert "http://127.0.0.1:3003/login?link=" in told
    assert "ssh -L" in told
    kit.state = "failed"
    tell_way_in(kit, home)
    assert capsys.readouterr().err == ""
