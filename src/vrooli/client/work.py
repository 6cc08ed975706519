"""The server's API about routines and runs, typed, with blocking sockets: for the command line."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from vrooli.client import http
from vrooli.client.token import read_token
from vrooli.client.wire import encode, problem, said_in
from vrooli.core.address import HostPort
from vrooli.core.errors import CutOff, ProtocolError, Unreachable, UsageError

ENDED = ("completed", "failed", "cancelled")
"""Statuses of a run that change no more."""

WAIT = 20.0
"""Seconds for which the server may hold an answer back until there is news."""


@dataclass(frozen=True, slots=True)
class WorkClient:
    """One server.

    Every method raises Unreachable (it does not run), AccessDenied (token), DeadlineExceeded (it
    hangs), ProtocolError, or the error that the server named.

    Attributes:
        target: where it listens.
        token_file: the bearer token, read anew for each request.
        timeout: seconds for one whole answer.
    """

    target: HostPort
    token_file: Path
    timeout: float = 15.0

    def routines(self) -> list[dict[str, Any]]:
        """All of them, by name."""
        return self._all("/routines", "routines")

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
        """`{runs, next_cursor}`, newest first; the query is that of `GET /runs`."""
        return self._ask("GET", f"/runs?{urlencode(query)}")

    def run(self, run: str) -> dict[str, Any]:
        """One run."""
        return self._ask("GET", f"/runs/{quote(run, safe='')}")

    def steps(self, run: str) -> list[dict[str, Any]]:
        """The whole journal."""
        return self._all(f"/runs/{quote(run, safe='')}/steps", "steps")

    def cancel(self, run: str) -> dict[str, Any]:
        """End it."""
        return self._ask("POST", f"/runs/{quote(run, safe='')}/cancel")

    def events(self, run: str, after: int = 0) -> Iterator[dict[str, Any]]:
        """What happens in its tree, from the beginning or after a sequence number, until it ends.

        Ends with an error where the server goes away: whoever goes on after the last event that
        came misses none and gets none twice.
        """
        path = f"/runs/{quote(run, safe='')}/events"
        while True:
            page = self._ask(
                "GET", f"{path}?after={after}&wait={WAIT:g}", timeout=WAIT + self.timeout
            )
            for event in _rows(page, "events"):
                after = event["seq"]
                yield event
                if event["run"] == run and event["kind"].removeprefix("run.") in ENDED:
                    return

    def _all(self, path: str, key: str) -> list[dict[str, Any]]:
        """The rows of all pages."""
        found, cursor = list[dict[str, Any]](), ""
        while True:
            answer = self._ask("GET", f"{path}?{urlencode({'cursor': cursor, 'limit': 500})}")
            found += _rows(answer, key)
            cursor = answer.get("next_cursor") or ""
            if not cursor:
                return found

    def _ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        token, headers = read_token(self.token_file), {"Idempotency-Key": key} if key else None
        url = f"/api/v1{path}"
        wire = encode(self.target, method, url, body=body, token=token, headers=headers)
        try:
            answer = http.send(self.target, wire, timeout or self.timeout)
        except Unreachable as error:
            if isinstance(error, CutOff):
                raise
            advice = "`vrooli status` shows whether the server runs; `vrooli up` starts it"
            raise Unreachable(error.what, where=error.where, next_step=advice) from error
        if answer.status >= 400:
            place = f"{method} {path.partition('?')[0]} at {self.target}"
            raise _refused(answer.status, answer.lenient(), place)
        value = answer.json()
        if not isinstance(value, dict):
            raise ProtocolError(f"{path} did not answer with an object", where=str(self.target))
        return value


class BadRoutine(UsageError):
    """The server names what is wrong with a routine.

    Attributes:
        mistakes: `{place, field, problem}` each.
    """

    def __init__(self, what: str, mistakes: list[dict[str, Any]]) -> None:
        super().__init__(what)
        self.mistakes = mistakes


def _refused(status: int, body: Any, place: str) -> Exception:
    said = said_in(body)
    if said.get("code") == "bad_routine":
        return BadRoutine(str(said["detail"]), list(said["details"]))
    return problem(status, body, place)


def _rows(answer: dict[str, Any], key: str) -> list[dict[str, Any]]:
    rows = answer.get(key)
    if not isinstance(rows, list):
        raise ProtocolError(f"the answer has no {key}")
    return rows
