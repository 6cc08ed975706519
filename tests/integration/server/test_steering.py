"""Approvals, and what steers runs, over HTTP and by the typed client."""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.support.people import Person
from tests.support.server import Server
from tests.support.waiting import wait_for
from vrooli.client.api import Bearer, bearer_of_file
from vrooli.client.work import NotTaken, WorkClient
from vrooli.core.address import HostPort
from vrooli.core.errors import AccessDenied, Refused, UsageError

ROUTINES, RUNS, APPROVALS = "/api/v1/routines", "/api/v1/runs", "/api/v1/approvals"
WHAT = {"letters": [1, 2.5, "é"], "to": None}


@pytest.fixture
def client(served: Server) -> WorkClient:
    """As the command line has it."""
    host, _, port = served.url.removeprefix("http://").rpartition(":")
    return WorkClient(
        HostPort(host, int(port)), bearer_of_file(served.home / "secrets/operator.token")
    )


def routine(client: WorkClient, *do: Any) -> str:
    """A new one."""
    name = f"r-{secrets.token_hex(4)}"
    client.put_routine({"name": name, "do": list(do), "output": "${inputs}"})
    return name


def asking(name: str = "sign") -> dict[str, Any]:
    return {"step": name, "approval": {"message": "may it?", "what": WHAT}}


LONG = {"step": "long", "wait": {"seconds": 86_400}}
VALUE = {"step": "first", "value": {"n": 1}}


def until(client: WorkClient, run: str, status: str) -> dict[str, Any]:
    """Until it stands so."""
    wait_for(lambda: client.run(run)["status"] == status, f"{run} is {status}")
    return client.run(run)


@pytest.fixture
def waiting(client: WorkClient) -> Iterator[str]:
    """A run that waits for a decision."""
    run = client.start(routine(client, VALUE, asking()), {})["id"]
    until(client, run, "waiting")
    yield run
    if client.run(run)["status"] not in ("completed", "failed", "cancelled"):
        client.cancel(run)


def test_a_run_waits_is_approved_and_completes(client: WorkClient, waiting: str) -> None:
    listed = client.runs(status="waiting")["runs"]
    assert waiting in [run["id"] for run in listed]
    (asked,) = client.approvals(run=waiting, status="pending")["approvals"]
    assert client.approval(asked["id"]) == asked
    assert (asked["path"], asked["what"], asked["message"]) == ("sign", WHAT, "may it?")
    decided = client.decide(asked["id"], True, asked["hash"], "as agreed")
    assert (decided["status"], decided["reason"]) == ("approved", "as agreed")
    until(client, waiting, "completed")
    kinds = [event["kind"] for event in client.events(waiting)]
    assert kinds[-1] == "run.completed"


def test_a_decision_that_does_not_count_is_409(client: WorkClient, waiting: str) -> None:
    (asked,) = client.approvals(run=waiting)["approvals"]
    with pytest.raises(Refused, match="has the hash"):
        client.decide(asked["id"], True, "0" * 64, "")
    client.decide(asked["id"], False, asked["hash"], "no")
    with pytest.raises(Refused, match="rejected it already"):
        client.decide(asked["id"], True, asked["hash"], "")
    assert until(client, waiting, "failed")["failure"]["kind"] == "rejected"


def test_several_are_decided_each_by_itself(client: WorkClient, waiting: str) -> None:
    name = routine(client, VALUE, asking())
    others = [client.start(name, {}, {"cost": 2, "tokens": 9, "steps": 9})["id"] for _ in range(2)]
    for run in others:
        until(client, run, "waiting")
    first, second, third = [client.approvals(run=run)["approvals"][0] for run in (waiting, *others)]
    costs = [[one["cost"][kind] for kind in ("most", "tokens", "steps")] for one in (first, second)]
    assert costs == [[None] * 3, [2.0, 9, 7]]
    client.decide(first["id"], True, first["hash"], "")
    pairs = [(one["id"], one["hash"]) for one in (first, second)]
    pairs += [(third["id"], "0" * 64), ("0" * 16, "0" * 64)]
    told = client.decide_several(pairs, True, "all of them")
    assert [(one["id"], one["status"]) for one in told] == [
        (first["id"], ""),
        (second["id"], "approved"),
        (third["id"], ""),
        ("0" * 16, ""),
    ]
    words = ("approved it already", "", "has the hash", "there is no approval")
    assert all(word in one["problem"] for word, one in zip(words, told, strict=True))
    until(client, others[0], "completed")
    again = client.approval(third["id"])
    assert (again["cost"]["before"], again["cost"]["runs"]) == (0.0, 1)
    client.cancel(others[1])


def test_words_that_cannot_be_are_refused(served: Server, client: WorkClient, waiting: str) -> None:
    (asked,) = client.approvals(run=waiting)["approvals"]
    place = f"{APPROVALS}/{asked['id']}/approve"
    for body in ({}, {"hash": "x"}, {"hash": "0" * 64, "more": 1}, {"hash": asked["hash"] + "0"}):
        assert served.post(place, json=body).status_code == 422
    long = {"hash": asked["hash"], "reason": "x" * 1001}
    assert served.post(place, json=long).status_code == 422
    assert served.post(f"{APPROVALS}/nosuch/approve", json={"hash": "0" * 64}).status_code == 404
    assert served.get(f"{APPROVALS}/nosuch").status_code == 404
    assert served.get(APPROVALS, params={"status": "nosuch"}).status_code == 422
    assert served.get(f"{APPROVALS}/%00").status_code == 422
    assert served.get(APPROVALS, params={"run": "\0"}).status_code == 422
    for reason in ("\0", "\ud800"):
        text = json.dumps({"hash": asked["hash"], "reason": reason}).encode()
        assert served.post(place, content=text).status_code == 422
    for verb in ("pause", "resume"):
        assert served.post(f"{RUNS}/nosuch/{verb}").status_code == 404
    assert served.post(f"{RUNS}/nosuch/retry", json={}).status_code == 404
    assert served.post(f"{RUNS}/nosuch/fork", json={"path": "a"}).status_code == 404
    assert served.post(f"{RUNS}/{waiting}/fork", json={"path": "nosuch"}).status_code == 400
    assert served.post(f"{RUNS}/{waiting}/retry", json={}).status_code == 409


def test_the_list_goes_on_where_it_stopped(client: WorkClient) -> None:
    run = client.start(routine(client, {"parallel": [[asking(f"s{n}")] for n in range(5)]}), {})
    until(client, run["id"], "waiting")
    first = client.approvals(run=run["id"], limit=3)
    rest = client.approvals(run=run["id"], limit=3, cursor=first["next_cursor"])
    paths = {one["path"] for one in first["approvals"] + rest["approvals"]}
    assert (len(first["approvals"]), rest["next_cursor"], len(paths)) == (3, None, 5)
    client.cancel(run["id"])
    assert client.approvals(run=run["id"], status="pending")["approvals"] == []
    assert len(client.approvals(run=run["id"], status="void")["approvals"]) == 5


def test_a_run_in_a_long_wait_is_paused_resumed_cancelled_and_retried(client: WorkClient) -> None:
    run = client.start(routine(client, VALUE, LONG), {})["id"]
    client.pause(run)
    client.pause(run)
    until(client, run, "paused")
    assert client.resume(run)["status"] in ("running", "waiting")
    assert client.resume(run)["status"] in ("running", "waiting")
    client.cancel(run)
    for refused in (client.pause, client.resume):
        with pytest.raises(Refused, match="cancelled already"):
            refused(run)
    assert client.retry(run)["status"] in ("running", "waiting")
    client.cancel(run)
    with pytest.raises(UsageError, match="has not come to a step `nosuch`"):
        client.retry(run, "nosuch")


def test_the_same_request_to_fork_makes_one_run(served: Server, client: WorkClient) -> None:
    run = client.start(routine(client, VALUE), {"a": 1})["id"]
    until(client, run, "completed")
    made = client.fork(run, "first", {"b": 2})
    found = until(client, made["id"], "completed")
    assert (found["forked_from"], found["output"]) == (run, {"a": 1, "b": 2})
    headers = {**served.headers, "Idempotency-Key": secrets.token_hex(8)}
    place, body = f"{served.url}{RUNS}/{run}/fork", {"path": "first"}
    twice = [httpx.post(place, json=body, headers=headers, timeout=60) for _ in range(2)]
    assert [answer.status_code for answer in twice] == [201, 201]
    assert len({answer.json()["id"] for answer in twice}) == 1


def test_a_signal_reaches_the_step_that_waits_for_it(client: WorkClient, served: Server) -> None:
    run = client.start(routine(client, {"step": "paid", "wait": {"signal": "paid"}}), {})["id"]
    until(client, run, "waiting")
    path = f"{RUNS}/{run}/signals"
    for body in ({"name": "Not a name"}, {"name": "paid", "more": 1}, {}):
        assert served.post(path, json=body).status_code == 422
    answer = served.post(path, json={"name": "payd"})
    assert (answer.status_code, answer.json()["code"]) == (422, "not_awaited")
    assert answer.json()["details"] == [{"name": "paid"}]
    assert "it is kept" in client.signal(run, "payd", None, keep=True)["warning"]
    assert client.signal(run, "paid", {"n": 1})["id"] == run
    until(client, run, "completed")
    (step,) = (one for one in client.steps(run) if one["status"] == "completed")
    assert (step["output"]["signal"], step["output"]["data"]) == ("paid", {"n": 1})
    with pytest.raises(Refused, match="the run is completed"):
        client.signal(run, "paid", None)


def test_those_that_wait_are_counted_without_what_they_are_about(client: WorkClient) -> None:
    before = client.open_approvals()
    run = client.start(routine(client, asking()), {})["id"]
    until(client, run, "waiting")
    (asked,) = client.approvals(run=run)["approvals"]
    assert asked["created_by"] == client.run(run)["created_by"]
    now = {**before, "count": before["count"] + 1, "newest": asked["id"]}
    assert client.open_approvals() == now
    client.cancel(run)
    assert client.open_approvals() == before


def test_mistakes_in_inputs_and_budgets_are_told_by_their_places(client: WorkClient) -> None:
    name = f"r-{secrets.token_hex(4)}"
    inputs = {"type": "object", "properties": {"to": {"type": "array", "items": {"minLength": 2}}}}
    client.put_routine({"name": name, "inputs": inputs, "do": [VALUE]})
    with pytest.raises(NotTaken) as caught:
        client.start(name, {"to": ["ok", "x"]})
    assert (caught.value.code, list(caught.value.mistakes)) == ("bad_inputs", ["to.1"])
    with pytest.raises(NotTaken) as caught:
        client.start(name, {}, {"tokens": -1})
    assert (caught.value.code, list(caught.value.mistakes)) == ("bad_budget", ["tokens"])


def test_an_older_version_is_listed_and_started(client: WorkClient) -> None:
    name = routine(client, VALUE)
    first = client.routine(name)["version"]
    newest = client.put_routine({"name": name, "do": [VALUE, asking()]})["version"]
    listed = [one["version"] for one in client.routine_versions(name)]
    assert sorted(listed) == sorted([first, newest])
    run = client.start(name, {}, version=first)
    assert until(client, run["id"], "completed")["version"] == first
    with pytest.raises(UsageError, match="has no version"):
        client.start(name, {}, version="0" * 64)


def test_runs_are_listed_by_owner_and_events_from_their_end(client: WorkClient) -> None:
    run = client.start(routine(client, VALUE), {})
    until(client, run["id"], "completed")
    own = client.runs(created_by=run["created_by"], routine=run["routine"])["runs"]
    assert [one["id"] for one in own] == [run["id"]]
    assert client.runs(created_by="nobody")["runs"] == []
    last = client.latest_events(run["id"], 2)
    assert [event["kind"] for event in last] == ["step.completed", "run.completed"]


@dataclass(frozen=True)
class Handed:
    """A question of a run of the owner's, and who may be asked."""

    run: str
    asked: dict[str, Any]
    owner: Person
    bob: Person
    carl: Person
    stranger: Person


def as_(person: Person) -> WorkClient:
    """What that person asks."""
    token = str(person.pair()["access_token"])
    return WorkClient(HostPort("127.0.0.1", person.server.port), Bearer(lambda: token))


@pytest.fixture
def handed(served: Server, client: WorkClient) -> Iterator[Handed]:
    """A question of the owner's, which bob and carl might be asked."""
    persons = [Person(served) for _ in range(4)]
    name = routine(client, {"step": "first", "value": {"kept": "to the owner"}}, asking())
    owner = as_(persons[0])
    run = owner.start(name, {})["id"]
    wait_for(lambda: owner.approvals(run=run)["approvals"], "the question")
    yield Handed(run, owner.approvals(run=run)["approvals"][0], *persons)
    if client.run(run)["status"] == "waiting":
        client.cancel(run)


def test_who_is_asked_instead_sees_the_question_and_nothing_else(handed: Handed) -> None:
    owner, bob, stranger = as_(handed.owner), as_(handed.bob), as_(handed.stranger)
    asked, run = handed.asked, handed.run
    for one in (bob, stranger):
        with pytest.raises(UsageError, match="there is no approval"):
            one.approval(asked["id"])
    assert handed.bob.email in owner.delegates(asked["id"])
    told = owner.delegate(asked["id"], handed.bob.email.upper(), "his budget")
    assert (told["asked_of"], told["delegates"]) == (handed.bob.email, [handed.bob.email])
    assert told["expires_at"] == asked["expires_at"]
    assert bob.approval(asked["id"]) == told
    assert [told[key] for key in ("what", "routine", "cost")] == [
        asked[key] for key in ("what", "routine", "cost")
    ]
    assert [bob.open_approvals()["count"], owner.open_approvals()["count"]] == [1, 0]
    assert bob.approvals(asked="me")["approvals"] == bob.approvals(run=run)["approvals"] == [told]
    assert owner.approvals(asked="me")["approvals"] == bob.approvals(asked="others")["approvals"]
    assert owner.approvals(asked="others")["approvals"] == [told]
    sha256 = "0" * 64
    hidden: tuple[Callable[[], object], ...] = (
        lambda: bob.run(run),
        lambda: bob.steps(run),
        lambda: bob.files(run),
        lambda: bob.artifact(run, sha256),
        lambda: bob.latest_events(run, 5),
        lambda: bob.why(run),
        lambda: bob.cancel(run),
        lambda: bob.effects_of(run),
    )
    for look in hidden:
        with pytest.raises(UsageError, match="there is no run"):
            look()
    assert bob.runs()["runs"] == []
    refused: tuple[Callable[[], object], ...] = (
        lambda: stranger.approval(asked["id"]),
        lambda: stranger.delegates(asked["id"]),
        lambda: stranger.delegate(asked["id"], "me"),
        lambda: stranger.decide(asked["id"], True, asked["hash"], ""),
    )
    for look in refused:
        with pytest.raises(UsageError, match="there is no approval"):
            look()
    assert stranger.approvals()["approvals"] == []


def test_it_is_known_who_decided_in_whose_place(client: WorkClient, handed: Handed) -> None:
    owner, bob, carl = as_(handed.owner), as_(handed.bob), as_(handed.carl)
    asked = handed.asked
    owner.delegate(asked["id"], handed.bob.email)
    bob.delegate(asked["id"], handed.carl.email, "he knows")
    (row,) = carl.decide_several([(asked["id"], asked["hash"])], True, "fine")
    assert (row["status"], row["problem"]) == ("approved", "")
    found = client.approval(asked["id"])
    assert [found[key] for key in ("decided_by", "decided_for")] == [
        handed.carl.email,
        handed.owner.email,
    ]
    assert [(one["by"], one["to"], one["because"]) for one in found["delegations"]] == [
        (handed.owner.email, handed.bob.email, ""),
        (handed.bob.email, handed.carl.email, "he knows"),
    ]
    until(client, handed.run, "completed")
    (event,) = (
        one for one in owner.latest_events(handed.run, 50) if one["kind"] == "approval.approved"
    )
    assert (event["by"], event["for"]) == (handed.carl.email, handed.owner.email)
    assert bob.approval(asked["id"]) == carl.approval(asked["id"]) == found
    with pytest.raises(Refused, match="has approved it already"):
        owner.delegate(asked["id"], handed.bob.email)
    with pytest.raises(Refused, match="it is approved"):
        owner.delegates(asked["id"])


def test_taken_back_it_is_asked_of_the_one_who_did_that(handed: Handed) -> None:
    owner, bob, asked = as_(handed.owner), as_(handed.bob), handed.asked
    owner.delegate(asked["id"], handed.bob.email)
    before = owner.open_approvals()
    bob.delegate(asked["id"], handed.carl.email)
    assert owner.open_approvals() != before
    assert bob.delegate(asked["id"], "me")["asked_of"] == handed.bob.email
    with pytest.raises(UsageError, match="there is no approval"):
        as_(handed.carl).decide(asked["id"], True, asked["hash"], "")
    assert owner.delegate(asked["id"], "me")["asked_of"] == handed.owner.email
    with pytest.raises(UsageError, match="there is no approval"):
        bob.approval(asked["id"])
    with pytest.raises(UsageError, match="there is no approval"):
        bob.delegate(asked["id"], "me")
    with pytest.raises(Refused, match="it is asked of you already"):
        owner.delegate(asked["id"], handed.owner.email)
    found = owner.decide(asked["id"], False, asked["hash"], "")
    assert (found["decided_by"], found["decided_for"]) == (handed.owner.email, None)
    assert [one["back"] for one in found["delegations"]] == [False, False, True, True]


def test_nobody_is_asked_who_cannot_answer(served: Server, handed: Handed) -> None:
    owner, asked = as_(handed.owner), handed.asked
    viewer = Person(served, "viewer")
    handed.carl.change(disabled=True)
    with pytest.raises(UsageError, match="there is no user of that address") as caught:
        owner.delegate(asked["id"], "nobody@example.org")
    assert "without `--to`" in str(caught.value)
    with pytest.raises(UsageError, match="no e-mail address"):
        owner.delegate(asked["id"], "operator")
    with pytest.raises(Refused, match="is disabled"):
        owner.delegate(asked["id"], handed.carl.email)
    with pytest.raises(Refused, match="may not approve: that needs the role operator, not viewer"):
        owner.delegate(asked["id"], viewer.email)
    names = owner.delegates(asked["id"])
    assert handed.bob.email in names
    assert not {handed.owner.email, handed.carl.email, viewer.email} & set(names)
    owner.delegate(asked["id"], handed.bob.email)
    bob = as_(handed.bob)
    handed.bob.change(role="viewer")
    with pytest.raises(AccessDenied):
        bob.decide(asked["id"], True, asked["hash"], "")
    with pytest.raises(AccessDenied, match="needs the role operator"):
        as_(handed.bob).decide(asked["id"], True, asked["hash"], "")
    assert owner.decide(asked["id"], True, asked["hash"], "")["status"] == "approved"


def asked_of(person: Person, client: WorkClient, what: Any) -> dict[str, Any]:
    """The question of a new run of that person's."""
    ask = {"step": "sign", "approval": {"message": "may it?", "what": what, "expires": "1h"}}
    run = as_(person).start(routine(client, ask), {})["id"]
    wait_for(lambda: client.approvals(run=run)["approvals"], "the question")
    found: dict[str, Any] = client.approvals(run=run)["approvals"][0]
    return found


def test_while_somebody_is_away_another_is_asked_up_to_a_risk(
    client: WorkClient, handed: Handed
) -> None:
    ann, bob = as_(handed.owner), as_(handed.bob)
    day = time.time() + 86_400
    for until in (time.time() - 1, time.time() + 91 * 86_400):
        with pytest.raises(UsageError, match="90 days at most"):
            ann.be_away(handed.bob.email, until, "changing")
    with pytest.raises(Refused, match="asked of you already"):
        ann.be_away(handed.owner.email, day, "changing")
    rule = ann.be_away(handed.bob.email, day, "changing")
    assert (rule["to"], rule["until"]) == (handed.bob.email, pytest.approx(day))
    bob.be_away(handed.carl.email, day, "dangerous")
    assert ann.absences() == [rule]
    assert rule in client.absences()
    mild = asked_of(handed.owner, client, {"risk": "changing"})
    assert mild["delegates"] == [handed.bob.email]  # and not carl: no chains
    (move,) = mild["delegations"]
    assert (move["by"], move["because"][:10]) == (handed.owner.email, "away until")
    assert [event["kind"] for event in ann.latest_events(mild["run"], 9)][-3:-1] == [
        "approval.asked",
        "approval.delegated",
    ]
    assert bob.decide(mild["id"], True, mild["hash"], "")["decided_for"] == handed.owner.email
    for wild in ({"risk": "dangerous"}, {"risk": "odd"}, "names none"):
        assert asked_of(handed.owner, client, wild)["delegates"] == []
    assert asked_of(handed.bob, client, "names none")["delegates"] == [handed.carl.email]
    assert ann.be_back() == rule
    with pytest.raises(UsageError, match="you are not away"):
        ann.be_back()
    assert asked_of(handed.owner, client, {"risk": "changing"})["delegates"] == []
    handed.carl.change(role="viewer")
    assert bob.absences() == []
