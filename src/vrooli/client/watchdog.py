"""The watchdog's API, typed, over its unix socket: what the command line speaks."""

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
                next_step="vrooli status",
            )

    def _object(self, method: str, path: str, timeout: float | None = None) -> dict[str, Any]:
        value = self._json(method, path, timeout)
        if not isinstance(value, dict):
            raise ProtocolError(f"{path} did not answer with an object", where=str(self.target))
        return value

    def _json(self, method: str, path: str, timeout: float | None = None) -> Any:
        return Response(200, self._send(method, path, timeout)).json()

    def _send(self, method: str, path: str, timeout: float | None = None) -> bytes:
        limit = self.timeout if timeout is None else timeout
        answer = http.request(self.target, method, path, token=self.token, timeout=limit)
        # 503 of /health is a verdict with a body, not a failure of the question.
        verdict = answer.status == 503 and path == "/health"
        if answer.status >= 400 and not verdict:
            raise problem(answer.status, answer.lenient(), f"{method} {path} at {self.target}")
        return answer.body


def _rows(value: Any, key: str) -> list[dict[str, Any]]:
    rows = value.get(key) if isinstance(value, dict) else value
    if not isinstance(rows, list):
        raise ProtocolError(f"/{key} did not answer with a list")
    return rows
