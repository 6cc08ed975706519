"""The approval that somebody means."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render
from vrooli.core.errors import UsageError

if TYPE_CHECKING:
    from vrooli.client.swarms import SwarmClient
    from vrooli.client.work import WorkClient

Of = Annotated[
    str,
    typer.Argument(
        help="The run, with PATH where more than one waits; or the id.", metavar="RUN|ID"
    ),
]
Path_ = Annotated[str, typer.Argument(help="The step in the run.", metavar="PATH")]


def found_of(client: "WorkClient", of: str, path: str = "") -> dict[str, Any]:
    """The approval of that id, or the last one of that step."""
    if not path:
        return _only_one(client, of)
    query: dict[str, Any] = {"run": of, "limit": 1000}
    while True:
        page = client.approvals(**query)
        for one in page["approvals"]:
            if one["path"] == path:
                return dict(one)
        if page["next_cursor"] is None:
            advice = f"`{render.called_as()} approval list --run {of} --status all`"
            raise UsageError("it asks for no approval", where=f"{of} {path}", next_step=advice)
        query["cursor"] = page["next_cursor"]


def check_there(client: "SwarmClient", run: str, swarm: str) -> None:
    """That there are those of which nothing was found; empty means none is named.

    Raises:
        UsageError: there is none of that id.
    """
    if run:
        client.run(run)
    if swarm:
        client.swarm(swarm)


def _only_one(client: "WorkClient", of: str) -> dict[str, Any]:
    """That of the id; or of a run the one that waits for a decision, where no other does."""
    try:
        return client.approval(of)
    except UsageError:
        waiting = client.approvals(run=of, status="pending", limit=2)["approvals"]
        if not waiting:
            raise
    if len(waiting) > 1:
        advice = f"`{render.called_as()} approval list --run {of}`, then name the step as well"
        raise UsageError("more than one step of it waits", where=of, next_step=advice)
    return client.approval(waiting[0]["id"])
