"""The watchdog's API, typed, over its unix socket: what the command line speaks."""

import getpass
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from vrooli.client import http
from vrooli.client.token import read_token
from vrooli.client.wire import Response, problem
from vrooli.core.address import Address, UnixPath
from vrooli.core.errors import ProtocolError
from vrooli.core.home import Home

ACTIONS = ("up", "stop", "start", "restart", "down")
"""What `POST /operations` understands."""

SILENCE_SECONDS = 60.0
"""An operation that is silent for this long counts as hung; the watchdog sends empty lines."""


@dataclass(frozen=True, slots=True)
class WatchdogClient:
    """Blocking client of one watchdog.

    Every method raises Unreachable (no watchdog runs), AccessDenied (token or socket),
    DeadlineExceeded (it hangs), ProtocolError, or the error that the watchdog named.

    Attributes:
        target: the unix socket, or the loopback port.
        token: the operator token; empty sends none.
        timeout: seconds for one whole answer; operations have no such bound.
    """

    target: Address
    token: str
    timeout: float = 5.0

    @classmethod
    def of(cls, home: Home, *, timeout: float = 5.0) -> "WatchdogClient":
        """The client for the watchdog of `home`.

        Raises:
            AccessDenied: the token file belongs to somebody else.
            Unreachable: there is no token: nothing was ever started here.
        """
        return cls(UnixPath(str(home.watchdog_socket)), read_token(home.operator_token), timeout)

    def health(self) -> dict[str, Any]:
        """Whether the watchdog itself works."""
        return self._object("GET", "/health")

    def status(self) -> dict[str, Any]:
        """The whole stack, as `vrooli status --json` prints it."""
        return self._object("GET", "/status")

    def checks(self) -> list[dict[str, Any]]:
        """Every check with its last result."""
        return _rows(self._json("GET", "/checks"), "checks")

    def check(self, name: str) -> dict[str, Any]:
        """One check with its history; UsageError when there is none of that name."""
        return self._object("GET", f"/checks/{quote(name, safe='')}")

    def heals(self, limit: int = 100) -> list[dict[str, Any]]:
        """The last heals, newest first."""
        return _rows(self._json("GET", f"/heals?limit={int(limit)}"), "heals")

    def plan(self) -> list[dict[str, Any]]:
        """What would be done now about what fails."""
        return _rows(self._json("GET", "/plan"), "plan")

    def explain(self, name: str) -> dict[str, Any]:
        """The decision about a service, and why."""
        return self._object("GET", f"/explain/{quote(name, safe='')}")

    def maintenance(self) -> list[dict[str, Any]]:
        """Windows that are not over."""
        return _rows(self._json("GET", "/maintenance"), "windows")

    def begin_maintenance(self, body: dict[str, Any]) -> dict[str, Any]:
        """A window from now on."""
        return self._change("POST", "/maintenance", body)

    def end_maintenance(self, window: str) -> dict[str, Any]:
        """It is over."""
        return self._change("DELETE", f"/maintenance/{quote(window, safe='')}")

    def quarantine(self) -> list[dict[str, Any]]:
        """Services that only a person may touch."""
        return _rows(self._json("GET", "/quarantine"), "quarantine")

    def hold(self, service: str, why: str) -> list[dict[str, Any]]:
        """Put a service into quarantine; all that are in it then."""
        path = f"/quarantine/{quote(service, safe='')}"
        return _rows(self._change("POST", path, {"why": why}), "quarantine")

    def release(self, service: str) -> list[dict[str, Any]]:
        """Take it out again; all that are in it then."""
        path = f"/quarantine/{quote(service, safe='')}"
        return _rows(self._change("DELETE", path), "quarantine")

    def metrics(self) -> str:
        """Prometheus text."""
        return self._send("GET", "/metrics").decode("utf-8", "replace")

    def tick(self, force: bool = False) -> dict[str, Any]:
        """Run what is due now (everything with `force`) and give the verdict."""
        path = "/tick?force=1" if force else "/tick"
        return self._object("POST", path, timeout=max(self.timeout, SILENCE_SECONDS))

    def reload(self) -> dict[str, Any]:
        """Take up an edited stack; an error leaves the running one alone."""
        return self._object("POST", "/reload", timeout=max(self.timeout, SILENCE_SECONDS))

    def events(self, silence: float = SILENCE_SECONDS) -> Iterator[dict[str, Any]]:
        """Events as they happen, until the watchdog goes."""
        return http.stream_events(self.target, "/events", token=self.token, silence=silence)

    def up(self, names: Sequence[str] = (), **request: Any) -> Iterator[dict[str, Any]]:
        """Start `names` (all when empty) and what they need; last line `{"done": true, "ok"}`."""
        return self.operation("up", names, **request)

    def down(self, names: Sequence[str] = (), **request: Any) -> Iterator[dict[str, Any]]:
        """Stop `names` (all when empty), in reverse order."""
        return self.operation("down", names, **request)

    def service(self, name: str, action: str) -> Iterator[dict[str, Any]]:
        """`start`, `stop` or `restart` one service."""
        return self.operation(action, (name,))

    def operation(
        self, action: str, names: Sequence[str] = (), **request: Any
    ) -> Iterator[dict[str, Any]]:
        """Ask for one of ACTIONS; yields the progress lines.

        Raises:
            ProtocolError: the stream ended without its last line: the watchdog died in the middle.
        """
        body = {"action": action, "names": list(names), **request}
        done = False
        for event in http.stream_lines(
            self.target,
            "POST",
            "/operations",
            body=body,
            token=self.token,
            silence=SILENCE_SECONDS,
        ):
            done = event.get("done") is True
            yield event
        if not done:
            raise ProtocolError(
                f"the watchdog went away in the middle of {action}",
                where=str(self.target),
                next_step="`vrooli status`",
            )

    def _change(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """A request that changes something, in the name of whoever runs this command."""
        return self._object(method, f"{path}?by={quote(_me(), safe='')}", body=body)

    def _object(
        self, method: str, path: str, timeout: float | None = None, body: Any = None
    ) -> dict[str, Any]:
        value = self._json(method, path, timeout, body)
        if not isinstance(value, dict):
            raise ProtocolError(f"{path} did not answer with an object", where=str(self.target))
        return value

    def _json(self, method: str, path: str, timeout: float | None = None, body: Any = None) -> Any:
        return Response(200, self._send(method, path, timeout, body)).json()

    def _send(
        self, method: str, path: str, timeout: float | None = None, body: Any = None
    ) -> bytes:
        limit = self.timeout if timeout is None else timeout
        answer = http.request(self.target, method, path, body=body, token=self.token, timeout=limit)
        # 503 of /health is a verdict with a body, not a failure of the question.
        verdict = answer.status == 503 and path == "/health"
        if answer.status >= 400 and not verdict:
            raise problem(answer.status, answer.lenient(), f"{method} {path} at {self.target}")
        return answer.body


def _me() -> str:
    """The user who runs this command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name
        return f"user {os.getuid()}"


def _rows(value: Any, key: str) -> list[dict[str, Any]]:
    rows = value.get(key) if isinstance(value, dict) else value
    if not isinstance(rows, list):
        raise ProtocolError(f"/{key} did not answer with a list")
    return rows
