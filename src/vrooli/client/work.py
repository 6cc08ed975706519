"""The server's API about routines and runs, typed, with blocking sockets: for the command line."""

import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from vrooli.client.api import ApiClient, rows_of
from vrooli.core.errors import CutOff, UsageError

ENDED = ("completed", "failed", "cancelled")
"""Statuses of a run that change no more."""

WAIT = 20.0
"""Seconds for which the server may hold an answer back until there is news."""


class WorkClient(ApiClient):
    """One server; errors as `ApiClient` says."""

    __slots__ = ()

    def routines(self) -> list[dict[str, Any]]:
        """All of them, by name."""
        return rows_of(self._ask("GET", "/routines"), "routines")

    def routine(self, name: str) -> dict[str, Any]:
        """The newest version of one."""
        return self._ask("GET", f"/routines/{quote(name, safe='')}")

    def put_routine(self, definition: dict[str, Any]) -> dict[str, Any]:
        """Store it: `{name, version, changed}`."""
        return self._ask("POST", "/routines", definition)

    def start(self, routine: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """The new run. A request that went astray is sent once more, and makes no second run."""
        key, body = secrets.token_hex(16), {"routine": routine, "inputs": inputs}
        try:
            return self._ask("POST", "/runs", body, key=key)
        except CutOff:
            return self._ask("POST", "/runs", body, key=key)

    def runs(self, **query: Any) -> dict[str, Any]:
        """`{runs, next}`, newest first; the query is that of `GET /runs`."""
        return self._ask("GET", f"/runs?{urlencode(query)}")

    def run(self, run: str) -> dict[str, Any]:
        """One run."""
        return self._ask("GET", f"/runs/{quote(run, safe='')}")

    def steps(self, run: str) -> list[dict[str, Any]]:
        """The whole journal."""
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["n"] if found else 0
            page = rows_of(
                self._ask("GET", f"/runs/{quote(run, safe='')}/steps?after={after}"), "steps"
            )
            if not page:
                return found
            found += page

    def cancel(self, run: str) -> dict[str, Any]:
        """End it."""
        return self._ask("POST", f"/runs/{quote(run, safe='')}/cancel")

    def events(self, run: str, after: int = 0) -> Iterator[dict[str, Any]]:
        """What happens in its tree, from the beginning or after a sequence number, until it ends.

        Ends with an error where the server goes away: whoever goes on after the last event that
        came misses none and gets none twice.
        """
        name = quote(run, safe="")
        while True:
            page = self._ask(
                "GET",
                f"/runs/{name}/events?after={after}&wait={WAIT:g}",
                timeout=WAIT + self.timeout,
            )
            for event in rows_of(page, "events"):
                after = event["seq"]
                yield event
                if event["run"] == run and event["kind"].removeprefix("run.") in ENDED:
                    return

    def _refused(self, status: int, body: Any, place: str) -> Exception:
        said = body.get("error") if isinstance(body, dict) else None
        if isinstance(said, dict) and said.get("code") == "bad_routine":
            return BadRoutine(str(said["message"]), list(said["details"]))
        return super()._refused(status, body, place)


class BadRoutine(UsageError):
    """The server names what is wrong with a routine.

    Attributes:
        mistakes: `{place, field, problem}` each.
    """

    def __init__(self, what: str, mistakes: list[dict[str, Any]]) -> None:
        super().__init__(what)
        self.mistakes = mistakes
