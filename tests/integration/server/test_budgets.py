"""Budgets and trees of runs over HTTP, and as the client and the command line tell of them."""

import secrets
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import Server
from tests.support.waiting import wait_for
from vrooli.cli import run_budget
from vrooli.client.api import bearer_of_file
from vrooli.client.work import ENDED, WorkClient
from vrooli.core.address import HostPort
from vrooli.core.errors import VrooliError


@pytest.fixture
def client(served: Server, tmp_path: Path) -> WorkClient:
    """Of the command line."""
    host, _, port = served.url.removeprefix("http://").partition(":")
    token = tmp_path / "token"
    token.write_text(served.headers["Authorization"].removeprefix("Bearer "))
    token.chmod(0o600)
    return WorkClient(HostPort(host, int(port)), bearer_of_file(token))


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
    assert "0.5 $" in shown
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
    with pytest.raises(VrooliError, match="no limit of a kind"):
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
