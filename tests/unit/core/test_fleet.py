"""How a host stands to the server, and what that makes of what it said last."""

from typing import Any

import pytest

from vrooli.core.fleet import RIVAL_FOR, Standing, rival, standing, verdict
from vrooli.core.status import Status


def host(silent: float, said: str | None = "ok", **more: Any) -> dict[str, Any]:
    """One that has posted."""
    base = {"silent": silent, "status": said, "last_seen": 1.0, "unheard": False}
    return {**base, "revoked_at": None, **more}


@pytest.mark.parametrize(
    ("found", "stands", "how"),
    [
        (host(0), Standing.POSTS, Status.OK),
        (host(119, "critical"), Standing.POSTS, Status.CRITICAL),
        (host(120), Standing.LATE, Status.WARNING),
        (host(120, "critical"), Standing.LATE, Status.CRITICAL),
        (host(300), Standing.SILENT, Status.CRITICAL),
        (host(200, unheard=True), Standing.UNHEARD, Status.UNKNOWN),
        (host(200, "critical", unheard=True), Standing.UNHEARD, Status.CRITICAL),
        (host(300, unheard=True), Standing.SILENT, Status.CRITICAL),
        (host(299, None, last_seen=None), Standing.AWAITED, Status.UNKNOWN),
        (host(300, None, last_seen=None), Standing.MISSING, Status.WARNING),
        (host(300, revoked_at=2.0), Standing.REVOKED, None),
    ],
)
def test_of_a_host(found: dict[str, Any], stands: Standing, how: Status | None) -> None:
    assert standing(found) is stands
    assert verdict(found, stands) is how


def test_a_file_may_set_other_thresholds() -> None:
    assert standing(host(40), late=30, silent=60) is Standing.LATE
    assert standing(host(60), late=30, silent=60) is Standing.SILENT


def test_another_stack_with_its_token_is_told_of_for_a_while() -> None:
    other = {"stack": "blog", "machine": "m"}
    told = rival(host(0, machine="m", rival=other, rival_ago=1.0))
    assert told.startswith("stack blog of its machine came with its token")
    assert "another machine" in rival(host(0, machine="n", rival=other, rival_ago=1.0))
    assert not rival(host(0, machine="m", rival=other, rival_ago=RIVAL_FOR))
    assert not rival(host(0, machine="m", rival=None, rival_ago=None))
