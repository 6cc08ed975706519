"""Who may do what: every route of the server, for everybody who could ask, about what is theirs
and what is not. A route that is not in the list fails.
"""

import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.support.people import Person, ask, sql
from tests.support.server import Server
from tests.support.waiting import wait_for
from vrooli.execution.artifacts import LARGE
from vrooli.server.accounts.roles import Role
from vrooli.server.accounts.tokens import ACCESS_SECONDS, Signer

OPEN = None
HOSTS = "host"
"""Nobody but a host, whatever its role."""
EXPECTED: dict[str, Role | str | None] = {
    "GET /health": OPEN,
    "GET /health/live": OPEN,
    "GET /health/memory": Role.ADMIN,
    "GET /debug/heap-dump": Role.ADMIN,
    "GET /metrics": Role.ADMIN,
    "GET /openapi.json": Role.VIEWER,
    "GET /api/v1/history": Role.OPERATOR,
    "POST /api/v1/history": Role.ADMIN,
    "GET /api/v1/routines": Role.VIEWER,
    "POST /api/v1/routines": Role.OPERATOR,
    "GET /api/v1/routines/{name}": Role.VIEWER,
    "GET /api/v1/routines/{name}/versions": Role.VIEWER,
    "GET /api/v1/runs": Role.VIEWER,
    "POST /api/v1/runs": Role.OPERATOR,
    "GET /api/v1/runs/{run}": Role.VIEWER,
    "POST /api/v1/runs/{run}/cancel": Role.OPERATOR,
    "GET /api/v1/runs/{run}/steps": Role.VIEWER,
    "GET /api/v1/runs/{run}/events": Role.VIEWER,
    "POST /api/v1/runs/{run}/pause": Role.OPERATOR,
    "POST /api/v1/runs/{run}/resume": Role.OPERATOR,
    "POST /api/v1/runs/{run}/retry": Role.OPERATOR,
    "POST /api/v1/runs/{run}/fork": Role.OPERATOR,
    "POST /api/v1/runs/{run}/budget": Role.OPERATOR,
    "POST /api/v1/runs/{run}/signals": Role.OPERATOR,
    "GET /api/v1/runs/{run}/why": Role.VIEWER,
    "GET /api/v1/runs/{run}/files": Role.VIEWER,
    "GET /api/v1/runs/{run}/files/{path}": Role.VIEWER,
    "GET /api/v1/runs/{run}/effects": Role.VIEWER,
    "POST /api/v1/runs/{run}/effects": Role.OPERATOR,
    "GET /api/v1/effects": Role.VIEWER,
    "GET /api/v1/artifacts/{sha256}": Role.VIEWER,
    "GET /api/v1/models": Role.VIEWER,
    "GET /api/v1/tools": Role.VIEWER,
    "GET /api/v1/about": Role.VIEWER,
    "GET /api/v1/mcp": Role.VIEWER,
    "POST /api/v1/mcp/{name}/try": Role.OPERATOR,
    "GET /api/v1/approvals": Role.VIEWER,
    "GET /api/v1/approvals/open": Role.VIEWER,
    "GET /api/v1/approvals/{approval}": Role.VIEWER,
    "POST /api/v1/approval-decisions": Role.OPERATOR,
    "POST /api/v1/approvals/{approval}/approve": Role.OPERATOR,
    "POST /api/v1/approvals/{approval}/reject": Role.OPERATOR,
    "GET /api/v1/approvals/{approval}/delegates": Role.OPERATOR,
    "POST /api/v1/approvals/{approval}/delegate": Role.OPERATOR,
    "GET /api/v1/approval-absence": Role.OPERATOR,
    "PUT /api/v1/approval-absence": Role.OPERATOR,
    "DELETE /api/v1/approval-absence": Role.OPERATOR,
    "GET /api/v1/swarms": Role.VIEWER,
    "POST /api/v1/swarms": Role.OPERATOR,
    "GET /api/v1/swarm-tasks": Role.VIEWER,
    "GET /api/v1/swarms/{run}": Role.VIEWER,
    "GET /api/v1/swarms/{run}/why": Role.VIEWER,
    "GET /api/v1/swarms/{run}/debug": Role.VIEWER,
    "GET /api/v1/swarms/{run}/export": Role.VIEWER,
    "GET /api/v1/swarms/{run}/versions": Role.VIEWER,
    "POST /api/v1/swarms/{run}/messages": Role.OPERATOR,
    "PUT /api/v1/swarms/{run}/documents": Role.OPERATOR,
    "POST /api/v1/swarms/{run}/done": Role.OPERATOR,
    "POST /api/v1/swarms/{run}/hand": Role.OPERATOR,
    "POST /api/v1/swarms/{run}/take-back": Role.OPERATOR,
    "POST /api/v1/swarms/{run}/pause": Role.OPERATOR,
    "POST /api/v1/swarms/{run}/resume": Role.OPERATOR,
    "POST /api/v1/swarms/{run}/stop": Role.OPERATOR,
    "POST /api/v1/emergency-stop": Role.OPERATOR,
    "GET /api/v1/schedules": Role.VIEWER,
    "POST /api/v1/schedules": Role.OPERATOR,
    "GET /api/v1/schedules/{name}": Role.VIEWER,
    "DELETE /api/v1/schedules/{name}": Role.OPERATOR,
    "POST /api/v1/schedules/{name}/{action}": Role.OPERATOR,
    "POST /api/v1/auth/login": OPEN,
    "POST /api/v1/auth/refresh": OPEN,
    "POST /api/v1/auth/logout": OPEN,
    "POST /api/v1/auth/accept": OPEN,
    "GET /api/v1/auth/me": Role.VIEWER,
    "POST /api/v1/auth/logout-everywhere": Role.VIEWER,
    "POST /api/v1/auth/password": Role.VIEWER,
    "GET /api/v1/users": Role.ADMIN,
    "POST /api/v1/users": Role.ADMIN,
    "PATCH /api/v1/users/{email}": Role.ADMIN,
    "GET /api/v1/users/{email}": Role.ADMIN,
    "PUT /api/v1/users/{email}/budget": Role.ADMIN,
    "DELETE /api/v1/users/{email}/budget": Role.ADMIN,
    "GET /api/v1/invitations": Role.ADMIN,
    "POST /api/v1/invitations": Role.ADMIN,
    "DELETE /api/v1/invitations/{id}": Role.ADMIN,
    "GET /api/v1/keys": Role.VIEWER,
    "POST /api/v1/keys": Role.VIEWER,
    "DELETE /api/v1/keys/{id}": Role.VIEWER,
    "GET /api/v1/hosts": Role.OPERATOR,
    "POST /api/v1/hosts": Role.ADMIN,
    "DELETE /api/v1/hosts/{name}": Role.ADMIN,
    "GET /api/v1/hosts/{name}/history": Role.OPERATOR,
    "POST /api/v1/fleet/records": HOSTS,
}
FILE = {"path": "a.md", "text": "# x"}
WAITING = {
    "name": "wait",
    "do": [
        {"step": "file", "tool": {"name": "write_file", "arguments": FILE}},
        {"step": "large", "value": {"text": "x" * 2 * LARGE}},
        {"step": "asks", "approval": {"message": "may it?", "what": "it"}},
    ],
}
HELD = {"name": "held", "goal": "look", "plan": [{"task": "look", "person": "Look"}]}
BODIES: dict[str, Any] = {
    "POST /api/v1/runs/{run}/retry": {},
    "POST /api/v1/runs/{run}/fork": {"path": "nosuch"},
    "POST /api/v1/runs/{run}/budget": {"steps": 5},
    "POST /api/v1/runs/{run}/signals": {"name": "paid", "keep": True},
    "POST /api/v1/runs/{run}/effects": {"path": "nosuch", "decision": "again", "why": "x"},
    "POST /api/v1/swarms/{run}/messages": {"text": "x"},
    "PUT /api/v1/swarms/{run}/documents": {"name": "board.x", "value": 1},
    "POST /api/v1/swarms/{run}/done": {"task": "look"},
    "POST /api/v1/swarms/{run}/hand": {"task": "look"},
    "POST /api/v1/swarms/{run}/take-back": {"task": "look"},
    "POST /api/v1/approval-decisions": {
        "approvals": [{"id": "0" * 16, "hash": "0" * 64}],
        "approved": True,
    },
    "POST /api/v1/approvals/{approval}/approve": {"hash": "0" * 64},
    "POST /api/v1/approvals/{approval}/reject": {"hash": "0" * 64},
    "POST /api/v1/approvals/{approval}/delegate": {"to": "me"},
}
"""Right by their schema; a run that waits has none of what they name."""

DONE_OR_REFUSED = (200, 400, 409)
ENDS_SESSIONS = "POST /api/v1/auth/logout-everywhere"


@dataclass
class Caller:
    """Somebody who asks.

    Attributes:
        token: what is shown.
        role: what it may do; None for nobody.
        own: objects of its own, by the name in a path.
    """

    token: str
    role: Role | None
    own: dict[str, str]


@pytest.fixture(scope="module")
def callers(served: Server) -> dict[str, Caller]:
    """One of each kind."""
    stored = served.post("/api/v1/routines", json=WAITING)
    assert stored.status_code == 200, stored.text
    stored = served.post("/api/v1/swarms", json=HELD)
    assert stored.status_code == 200, stored.text
    found = {role.value: caller(served, role) for role in Role}
    viewer = person_with_run(served, Role.VIEWER)
    key = viewer[0].new_key(role="viewer")
    found["key"] = Caller(key["token"], Role.VIEWER, viewer[1])
    old_key = viewer[0].new_key(role="viewer")
    sql(served, f"UPDATE api_keys SET expires_at = now() WHERE id = '{old_key['id']}'")
    found["expired key"] = Caller(old_key["token"], None, viewer[1])
    found["expired session"] = Caller(expired(served, viewer[0]), None, viewer[1])
    found["no token"] = Caller("", None, viewer[1])
    found["bad token"] = Caller("wrong", None, viewer[1])
    found["other key"] = Caller(forged(), None, viewer[1])
    found[HOSTS] = Caller(host(served, "posts"), None, viewer[1])
    revoked = host(served, "posts-no-more")
    assert served.delete("/api/v1/hosts/posts-no-more").status_code == 200
    found["revoked host"] = Caller(revoked, None, viewer[1])
    found["the server's token"] = Caller(served.token, Role.ADMIN, found["admin"].own)
    return found


def host(served: Server, name: str) -> str:
    """The token of a new host."""
    added = served.post("/api/v1/hosts", json={"name": name})
    assert added.status_code == 201, added.text
    return str(added.json()["token"])


def caller(served: Server, role: Role) -> Caller:
    person, own = person_with_run(served, role)
    return Caller(person.pair()["access_token"], role, own)


def person_with_run(served: Server, role: Role) -> tuple[Person, dict[str, str]]:
    """Somebody who may have been more once."""
    person = Person(served, "operator")
    token = person.pair()["access_token"]
    run = ask(served, token, "POST", "/runs", {"routine": "wait"}).json()["id"]
    schedule = f"s{secrets.token_hex(8)}"
    plan = {"name": schedule, "routine": "wait", "schedule": "every 6h"}
    assert ask(served, token, "POST", "/schedules", plan).status_code == 201

    def asked() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask(served, token, "GET", f"/approvals?run={run}").json()[
            "approvals"
        ]
        return found

    wait_for(asked, f"the question of {run}")
    steps = ask(served, token, "GET", f"/runs/{run}/steps").json()["steps"]
    own = {
        "run": run,
        "swarm": ask(served, token, "POST", "/runs", {"routine": "held"}).json()["id"],
        "id": person.new_key()["id"],
        "approval": asked()[0]["id"],
        "schedule": schedule,
        "path": FILE["path"],
        "sha256": next(step["artifact"]["sha256"] for step in steps if step["artifact"]),
    }
    person.change(role=role.value)
    return person, own


def expired(served: Server, person: Person) -> str:
    """An access token of a session that lasts, which was good until now."""
    signer = Signer((served.home / "secrets" / "signing-key").read_text("ascii").strip())
    session = signer.session_of(person.pair()["access_token"])
    assert session is not None
    return signer.access(session, time.time() - ACCESS_SECONDS - 1)


def forged() -> str:
    """Signed by somebody else."""
    return Signer("x" * 64).access("anybody", time.time())


def routes(served: Server) -> set[str]:
    """All that the server has."""
    paths = served.get("/openapi.json").json()["paths"]
    found = {f"{method.upper()} {path}" for path, item in paths.items() for method in item}
    return {*found, "GET /openapi.json"}  # which does not tell of itself


def request(
    served: Server, route: str, token: str, objects: dict[str, str], body: Any = None
) -> httpx.Response:
    method, path = route.split()
    path = path.replace("/swarms/{run}", "/swarms/{swarm}")
    path = re.sub(r"{(\w+)}", lambda name: objects.get(name[1], "nothing"), path)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = served.url + path
    query = {"run": objects["run"]} if "/artifacts/" in path else None
    return httpx.request(
        method, url, params=query, json=body, headers=headers, timeout=30, verify=False
    )


def test_every_route_says_who_may_use_it(served: Server) -> None:
    assert routes(served) == set(EXPECTED)


def test_the_schema_says_it_too(served: Server) -> None:
    paths = served.get("/openapi.json").json()["paths"]
    for route, role in EXPECTED.items():
        method, path = route.split()
        if path == "/openapi.json":
            continue
        said = [name for one in paths[path][method.lower()].get("security", []) for name in one]
        assert said == (
            []
            if role is None
            else [f"{role} or metrics.token" if path == "/metrics" else str(role)]
        ), route


@pytest.mark.parametrize("route", EXPECTED)
def test_everybody_gets_what_their_role_says(
    served: Server, callers: dict[str, Caller], route: str
) -> None:
    """What is sent is no valid request mostly: who may not learns not even that."""
    needed = EXPECTED[route]
    for name, one in callers.items():
        if route == ENDS_SESSIONS and one.role is not None:
            continue
        status = request(served, route, one.token, one.own).status_code
        if needed is None:
            assert status < 500, name
            assert status != 403, name
        elif needed == name == HOSTS:
            assert status in (400, 422), name
        elif one.role is None:
            assert status == 401, name
        elif not isinstance(needed, Role) or not one.role.covers(needed):
            assert status == 403, name
        else:
            assert status not in (401, 403), name
            assert status < 500, name


OWNED = [
    route
    for route in EXPECTED
    if any(part in route for part in ("{run}", "{sha256}", "{approval}", "/schedules/{name}"))
    and not route.startswith("DELETE")
]


@pytest.mark.parametrize("route", [*OWNED, "DELETE /api/v1/keys/{id}"])
def test_what_belongs_to_others_is_not_there(
    served: Server, callers: dict[str, Caller], route: str
) -> None:
    needed = EXPECTED[route]
    assert isinstance(needed, Role)

    def sent(who: Caller, objects: dict[str, str]) -> httpx.Response:
        objects = {**objects, "name": objects["schedule"], "action": "enable"}
        return request(served, route, who.token, objects, BODIES.get(route))

    _, foreign = person_with_run(served, Role.OPERATOR)
    none = {key: "0" * 16 for key in ("run", "swarm", "id", "approval")}
    for name, one in callers.items():
        if one.role is None or not one.role.covers(needed):
            continue
        own = sent(one, one.own)
        assert own.status_code in DONE_OR_REFUSED, (name, own.text)
        theirs = sent(one, foreign)
        if one.role is Role.ADMIN:
            assert theirs.status_code in DONE_OR_REFUSED, (name, theirs.text)
            continue
        nobodys = sent(one, {**foreign, **none, "schedule": "s" + "0" * 16})
        assert theirs.status_code == nobodys.status_code == 404, name
        assert without_ids(theirs) == without_ids(nobodys), name


def test_nobody_removes_the_schedule_of_another(served: Server) -> None:
    (mine, own), (other, _) = (person_with_run(served, Role.OPERATOR) for _ in range(2))
    path = f"/schedules/{own['schedule']}"
    assert ask(served, other.pair()["access_token"], "DELETE", path).status_code == 404
    assert ask(served, mine.pair()["access_token"], "DELETE", path).status_code == 200


def without_ids(answer: httpx.Response) -> str:
    return re.sub(r"[0-9a-f]{12,16}", "ID", answer.text)


def test_lists_hold_what_is_ones_own(served: Server, callers: dict[str, Caller]) -> None:
    for name in ("viewer", "operator", "key"):
        one = callers[name]
        runs = ask(served, one.token, "GET", "/runs?routine=wait").json()
        assert [run["id"] for run in runs["runs"]] == [one.own["run"]], name
        swarms = ask(served, one.token, "GET", "/swarms").json()["swarms"]
        assert [swarm["id"] for swarm in swarms] == [one.own["swarm"]], name
        approvals = ask(served, one.token, "GET", "/approvals").json()["approvals"]
        assert [approval["id"] for approval in approvals] == [one.own["approval"]], name
        schedules = ask(served, one.token, "GET", "/schedules").json()["schedules"]
        assert [schedule["name"] for schedule in schedules] == [one.own["schedule"]], name
        assert ask(served, one.token, "GET", "/effects").json()["effects"] == [], name
        keys = ask(served, one.token, "GET", "/keys").json()["keys"]
        assert one.own["id"] in {key["id"] for key in keys}
        assert len({key["owner"] for key in keys}) == 1
    runs = ask(served, callers["admin"].token, "GET", "/runs?routine=wait").json()["runs"]
    assert {one.own["run"] for one in callers.values()} <= {run["id"] for run in runs}


def test_the_same_idempotency_key_of_another_person_is_another_request(served: Server) -> None:
    def started(person: Person) -> str:
        token = person.pair()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "same"}
        url = f"{served.url}/api/v1/runs"
        answer = httpx.post(url, json={"routine": "wait"}, headers=headers, verify=False)
        assert answer.json()["created_by"] == person.email
        return str(answer.json()["id"])

    first, second = Person(served), Person(served)
    assert started(first) == started(first) != started(second)


@pytest.fixture(scope="module", autouse=True)
def _quiet(served: Server) -> Iterator[None]:
    """What is under way at the end is not waited for."""
    yield
    sql(served, "UPDATE runs SET status = 'cancelled' WHERE status IN ('pending', 'running')")
