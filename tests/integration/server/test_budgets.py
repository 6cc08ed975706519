"""Budgets and trees of runs over HTTP, and as the client and the command line tell of them."""

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.people import Person, ask
from tests.support.server import Server
from tests.support.waiting import wait_for
from vrooli.cli import run_budget
from vrooli.cli.app import build_vrooli
from vrooli.client.accounts import AccountsClient
from vrooli.client.api import bearer_of_file
from vrooli.client.work import ENDED, WorkClient
from vrooli.core.address import HostPort
from vrooli.core.errors import UsageError, VrooliError
from vrooli.main.kit import LocalKit

SLOW = {"step": "x", "wait": {"seconds": 600}}


@pytest.fixture
def client(served: Server, tmp_path: Path) -> WorkClient:
    """Of the command line."""
    host, _, port = served.url.removeprefix("http://").partition(":")
    token = tmp_path / "token"
    token.write_text(served.headers["Authorization"].removeprefix("Bearer "))
    token.chmod(0o600)
    return WorkClient(HostPort(host, int(port)), bearer_of_file(token))


def accounts_of(served: Server) -> AccountsClient:
    token = served.home / "secrets" / "operator.token"
    return AccountsClient(HostPort("127.0.0.1", served.port), bearer_of_file(token))


def put(client: WorkClient, *do: Any, **more: Any) -> str:
    """A routine."""
    name = f"r-{secrets.token_hex(4)}"
    client.put_routine({"name": name, "do": list(do), **more})
    return name


def ended(client: WorkClient, run: str) -> dict[str, Any]:
    """The run when it has."""
    wait_for(lambda: client.run(run)["status"] in ENDED, "its end")
    return client.run(run)


def test_a_budget_is_told_with_its_run(
    client: WorkClient, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = [{"step": f"s{n}", "value": {}} for n in range(3)]
    name = put(client, *steps, budget={"steps": 2, "tokens": 1000})
    run = ended(client, client.start(name, {}, {"cost": 0.5})["id"])
    assert (run["status"], run["failure"]["kind"]) == ("failed", "budget")
    (listed,) = client.runs(routine=name)["runs"]
    steps_line = listed["budget"]["steps"]
    assert (steps_line["limit"], steps_line["spent"], steps_line["reserved"]) == (2, 2, 0)
    assert [listed["budget"][kind]["limit"] for kind in ("cost", "tokens")] == [0.5, 1000]
    run_budget.show(run)
    shown = capsys.readouterr().out
    assert "$0.50" in shown
    assert "1000" in shown


def test_what_a_run_started_is_listed_by_it_and_cancelled_with_it(client: WorkClient) -> None:
    leaf = put(client, {"step": "x", "wait": {"seconds": 600}})
    run = client.start(put(client, {"step": "a", "routine": {"name": leaf}}), {})["id"]
    wait_for(lambda: client.runs(parent=run)["runs"], "its child")
    (child,) = client.runs(parent=run)["runs"]
    assert (child["parent"], child["parent_path"], child["root"]) == (run, "a", run)
    client.cancel(run)
    assert client.run(child["id"])["status"] == "cancelled"


def test_limits_can_be_changed(client: WorkClient) -> None:
    name = put(client, {"step": "x", "wait": {"seconds": 600}})
    run = client.start(name, {}, {"tokens": 5})["id"]
    assert client.change_budget(run, {"tokens": 9})["budget"]["tokens"]["limit"] == 9
    with pytest.raises(VrooliError, match="no limit of cost"):
        client.change_budget(run, {"cost": 9})
    with pytest.raises(VrooliError, match="no such key"):
        client.change_budget(run, {"price": 9})
    with pytest.raises(VrooliError, match="no run"):
        client.change_budget("nosuch", {"tokens": 9})
    client.cancel(run)


def test_a_budget_that_cannot_be_makes_no_run(client: WorkClient) -> None:
    name = put(client, {"step": "x", "value": {}})
    with pytest.raises(VrooliError, match="cost: expected a number"):
        client.start(name, {}, {"cost": -1})
    assert client.runs(routine=name)["runs"] == []


def test_an_admin_limits_what_somebody_spends_in_a_month(
    served: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    places = {"XDG_CONFIG_HOME": str(tmp_path), "VROOLI_HOME": str(tmp_path / "home")}
    bob = Person(served)
    kit = LocalKit({**places, "VROOLI_SERVER": served.url, "VROOLI_API_KEY": served.token})

    def run(*words: str) -> str:
        ended = CliRunner().invoke(build_vrooli(kit), list(words))
        if isinstance(ended.exception, VrooliError):
            raise ended.exception
        assert ended.exit_code == 0, ended.output
        return ended.stdout

    assert json.loads(run("user", "show", bob.email, "--json"))["budget"] is None
    run("user", "budget", bob.email, "--cost", "20.5", "--tokens", "1000")
    found = json.loads(run("user", "show", bob.email, "--json"))["budget"]
    assert (found["owner"], found["cost"]["limit"]) == (bob.email, 20.5)
    assert found["tokens"] == {"limit": 1000, "spent": 0, "reserved": 0, "forecast": None}
    assert "$0 of $20.50, 0 of 1000 tokens" in run("user", "list")
    run("user", "budget", bob.email, "--tokens", "2000")
    assert "$0 of $20.50, 0 of 2000 tokens" in run("user", "list"), "what is not named stays"
    assert "$20.50" in run("user", "show", bob.email)
    key = bob.new_key(role="operator")["token"]
    routine = served.post("/api/v1/routines", json={"name": "m", "do": [SLOW]})
    assert routine.status_code == 200, routine.text
    started = ask(served, key, "POST", "/runs", {"routine": "m"}).json()
    assert started["budget"]["owner"]["cost"]["limit"] == 20.5
    assert f"all runs of {bob.email} in" in run("run", "show", started["id"])
    run("run", "cancel", started["id"])
    assert "nothing limits" in run("user", "budget", bob.email, "--none")
    assert ask(served, key, "PUT", f"/users/{bob.email}/budget", {"cost": 1}).status_code == 403
    for words in ((), ("--none", "--cost", "1")):
        with pytest.raises(UsageError, match="either --cost or --tokens, or --none"):
            run("user", "budget", bob.email, *words)
    with pytest.raises(VrooliError, match="no user of that address"):
        run("user", "budget", "nobody@example.org", "--cost", "1")
    with pytest.raises(VrooliError, match="limits nothing"):
        accounts_of(served).set_budget(bob.email, {})
