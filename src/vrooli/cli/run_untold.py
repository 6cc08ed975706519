"""What events of a run leave out, asked of the server: titles of questions, reasons of failures."""

from collections.abc import Mapping
from typing import Any

from vrooli.client.swarms import SwarmClient
from vrooli.client.work import WorkClient
from vrooli.core.errors import VrooliError


class AskedFor:
    """See `run_lines.Untold`. A line without is better than none: where the server does not say,
    nothing is said of it.
    """

    def __init__(self, client: WorkClient) -> None:
        self._client = SwarmClient(client.target, client.bearer, stack=client.stack)

    def question(self, approval: str) -> str:
        """Its message."""
        try:
            return first_line(self._client.approval(approval)["message"])
        except VrooliError:
            return ""

    def task(self, run: str) -> str:
        """Of what a person does for a swarm."""
        try:
            found = self._client.run(run)
        except VrooliError:
            return "a person is to do it"
        given = found["inputs"]
        command = f"vrooli swarm done {found['parent']} {given['task']} --output JSON"
        return f"{first_line(given['what'])}  asks a person: `{command}`"

    def failure(self, run: str) -> str:
        """Of a run that has not been retried since."""
        try:
            found = self._client.run(run)["failure"]
        except VrooliError:
            return ""
        return first_line(why(found)) if found else ""

    def unmade(self, swarm: str) -> dict[str, str]:
        """Of those that failed the ones that have no run."""
        try:
            state = self._client.swarm(swarm)["swarm"]
        except VrooliError:
            return {}
        tasks = state["plan"]["tasks"] if state else ()
        return {
            one["task"]: first_line(one["why"])
            for one in tasks
            if one["status"] == "failed" and not one["run"]
        }


def why(failure: Mapping[str, Any]) -> str:
    """A failure, in a line."""
    place = f"{failure['where']}: " if failure["where"] else ""
    return f"{place}{failure['reason']} ({failure['kind']})"


def first_line(text: str) -> str:
    """Of a text that may have several, and be empty."""
    return next(iter(text.strip().splitlines()), "")
