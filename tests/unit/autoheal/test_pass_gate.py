"""The watchdog's door, for those who show a pass of the console."""

from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from vrooli.autoheal.asking import actor
from vrooli.autoheal.web import Tokens, build_app
from vrooli.core.passes import (
    ADMIN,
    FOR_CONSOLE,
    FOR_SERVER,
    FOR_WATCHDOG,
    OPERATOR,
    VIEWER,
    Passes,
    Person,
)

KEY, NOW = "k" * 64, 4e9
PASSES = Passes(KEY, FOR_WATCHDOG)


class Routes:
    """One that tells and one that changes something."""

    def routes(self) -> list[Route]:
        """See the base."""
        return [Route("/who", self.who), Route("/change", self.who, methods=["POST"])]

    async def who(self, request: Request) -> Response:
        """Who asks."""
        return JSONResponse(actor(request))


@pytest.fixture(scope="module")
def watchdog() -> Iterator[TestClient]:
    with TestClient(build_app([Routes()], Tokens("op-token", "read-token", PASSES))) as client:
        yield client


def _change(watchdog: TestClient, token: str, by: str = "somebody") -> tuple[int, object]:
    answer = watchdog.post("/change", params={"by": by}, headers={"Authorization": token})
    return answer.status_code, answer.json()


@pytest.mark.parametrize("role", [OPERATOR, ADMIN])
def test_who_has_a_pass_acts_under_the_name_in_it_whatever_else_is_said(
    watchdog: TestClient, role: str
) -> None:
    token = f"Bearer {PASSES.make(Person('ann@example.org', role), NOW)}"
    assert _change(watchdog, token) == (200, "ann@example.org")
    assert _change(watchdog, "Bearer op-token") == (200, "somebody")


def test_a_viewer_looks_and_changes_nothing(watchdog: TestClient) -> None:
    token = f"Bearer {PASSES.make(Person('ann@example.org', VIEWER), NOW)}"
    assert watchdog.get("/who", headers={"Authorization": token}).status_code == 200
    code, answer = _change(watchdog, token)
    assert code == 403
    assert "your role only looks" in str(answer)


@pytest.mark.parametrize(
    "passes",
    [Passes("other", FOR_WATCHDOG), Passes(KEY, FOR_SERVER), Passes(KEY, FOR_CONSOLE)],
)
def test_a_pass_of_another_key_or_for_another_opens_nothing(
    watchdog: TestClient, passes: Passes
) -> None:
    token = f"Bearer {passes.make(Person('operator', ADMIN), NOW)}"
    assert _change(watchdog, token)[0] == 401
    assert watchdog.get("/who", headers={"Authorization": token}).status_code == 401


def test_one_that_is_over_opens_nothing(watchdog: TestClient) -> None:
    token = f"Bearer {PASSES.make(Person('operator', ADMIN), 1.0)}"
    assert _change(watchdog, token)[0] == 401
    assert watchdog.get("/who", headers={"Authorization": b"Bearer \xe9"}).status_code == 401
