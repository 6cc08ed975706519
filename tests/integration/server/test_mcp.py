"""MCP servers as a server tells them: listed, tried, and named by routines."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.mcp_servers import SECRET, calls, command
from tests.support.postgres import Postgres
from tests.support.server import Server, server_process
from tests.support.waiting import wait_for
from tests.support.work import with_tables
from vrooli.cli.app import build_vrooli
from vrooli.client.work import ENDED
from vrooli.core.errors import VrooliError
from vrooli.main.kit import LocalKit

ROUTINE = """
name: buy
do:
  - step: bought
    llm: { model: test, prompt: Buy., mcp: [shop, shp] }
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mcp") / "seen"


@pytest.fixture(scope="module")
def knowing(
    cluster: Postgres, tmp_path_factory: pytest.TempPathFactory, seen: Path
) -> Iterator[Server]:
    """A server that is told of two: one works."""
    home = tmp_path_factory.mktemp("home")
    declared = {
        "shop": {
            "command": command(seen),
            "env": {"TOKEN": "env:SHOP_TOKEN"},
            "trust_hints": True,
        },
        "few": {"command": command(seen), "tools": ["price", "order"]},
        "gone": {"command": ["/nosuch/server", SECRET], "tools": ["a"]},
    }
    env = {"VROOLI_MCP": json.dumps(declared), "SHOP_TOKEN": SECRET}
    with server_process(home, with_tables(cluster), **env) as server:
        server.wait("/health")
        yield server


def run(server: Server, *words: str, code: int = 0) -> Any:
    """What `vrooli WORDS --json` says."""
    environment = {"VROOLI_SERVER": server.url, "VROOLI_API_KEY": server.token}
    ended = CliRunner().invoke(build_vrooli(LocalKit(environment)), [*words, "--json"])
    if isinstance(ended.exception, VrooliError):
        raise ended.exception
    assert ended.exit_code == code, ended.output
    assert SECRET not in ended.output
    return json.loads(ended.stdout)


def test_they_are_listed_and_tried(knowing: Server) -> None:
    _, gone, shop = run(knowing, "mcp", "list")
    assert (gone["name"], gone["kind"], gone["where"]) == ("gone", "program", "/nosuch/server")
    assert (shop["tools"], shop["secrets"], shop["timeout"]) == (None, 1, 60.0)
    tried = run(knowing, "mcp", "test", "shop")
    assert tried["ok"]
    tools = {one["name"]: one for one in tried["tools"]}
    assert (tools["price"]["shown"], tools["price"]["repeatable"]) == ("shop_price", True)
    assert not tools["order"]["repeatable"]
    assert tools["price"]["arguments"]["required"] == ["thing"]
    failed = run(knowing, "mcp", "test", "gone", code=1)
    assert (failed["ok"], failed["failure"]["kind"]) == (False, "unreachable")
    with pytest.raises(VrooliError, match="there is no MCP server `nosuch`"):
        run(knowing, "mcp", "test", "nosuch")


def test_a_routine_uses_one(knowing: Server, seen: Path) -> None:
    """The model `test` uses each tool once, with made-up arguments."""
    llm = {"model": "test", "prompt": "Buy.", "strategy": "reasoning", "mcp": ["few"]}
    definition = {"name": "buys", "do": [{"step": "bought", "llm": llm}]}
    knowing.post("/api/v1/routines", json=definition).raise_for_status()
    started = knowing.post("/api/v1/runs", json={"routine": "buys", "inputs": {}}).json()
    wait_for(lambda: run(knowing, "run", "show", started["id"])["status"] in ENDED, "its end")
    found = run(knowing, "run", "show", started["id"])
    assert (found["status"], found["failure"]) == ("completed", None)
    paths = {step["path"] for step in found["steps"]}
    assert {"bought/mcp:few", "bought/tool[1]", "bought/tool[2]"} <= paths
    assert {one["tool"] for one in calls(seen)} == {"price", "order"}


def test_a_name_that_the_stack_file_does_not_declare_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file, stack = tmp_path / "buy.yaml", tmp_path / "vrooli.toml"
    file.write_text(ROUTINE, encoding="utf-8")
    stack.write_text('[mcp.shop]\ncommand = ["shop"]\n', encoding="utf-8")
    ended = CliRunner().invoke(build_vrooli(LocalKit({})), ["routine", "lint", str(file), "--json"])
    assert ended.exit_code == 2
    (mistake,) = json.loads(ended.stdout)["mistakes"]
    assert (mistake["file"], mistake["line"]) == (str(file), 5)
    assert mistake["place"].endswith("llm.mcp[1]")
    assert "`shp`" in mistake["problem"]
    assert "`shop`" in mistake["problem"]
    assert f"declare [mcp.shp] in {stack}" in mistake["problem"]
    stack.unlink()
    ended = CliRunner().invoke(build_vrooli(LocalKit({})), ["routine", "lint", str(file)])
    assert "no vrooli.toml was found that declares it" in ended.output


def test_a_routine_is_stored_with_a_warning_of_a_server_that_is_not_declared_here(
    knowing: Server, tmp_path: Path
) -> None:
    file = tmp_path / "buy.yaml"
    file.write_text(ROUTINE, encoding="utf-8")
    (stored,) = run(knowing, "routine", "add", str(file))["routines"]
    (warning,) = stored["warnings"]
    assert "there is no MCP server `shp` here; did you mean `shop`?" in warning
    environment = {"VROOLI_SERVER": knowing.url, "VROOLI_API_KEY": knowing.token}
    shown = CliRunner().invoke(build_vrooli(LocalKit(environment)), ["routine", "add", str(file)])
    assert "warning: there is no MCP server `shp` here" in shown.stderr
