"""The watchdog's API, typed, over its unix socket: what the command line speaks."""

import getpass
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from vrooli.client import http
from vrooli.client.token import read_token
from vrooli.client.wire import Response, problem
from vrooli.core.address import Address, UnixPath
from vrooli.core.errors import CutOff, DeadlineExceeded, ProtocolError, Unreachable
from vrooli.core.home import Home

ACTIONS = ("up", "stop", "start", "restart", "down", "upgrade")
"""What `POST /operations` understands."""

ACTION_SECONDS = 1800.0
"""A recovery action may stop and start a slow service several times."""

LOOKING_BACK = 30.0
"""Seconds for an answer about the past: a year of many checks takes some on a busy machine."""

ADVICE = "`vrooli up` starts the watchdog, or replaces one that hangs; services run on"
"""What to do when it does not answer."""

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
        before: called before each question that has one answer.
    """

    target: Address
    token: str
    timeout: float = 5.0
    before: Callable[[], object] = bool  # which does nothing

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

    def about(self) -> dict[str, Any]:
        """Which version it is, where it listens, what it keeps and how much of that there is."""
        return self._object("GET", "/about")

    def status(self) -> dict[str, Any]:
        """The whole stack, as `vrooli status --json` prints it."""
        return self._object("GET", "/status")

    def checks(self) -> list[dict[str, Any]]:
        """Every check with its last result."""
        return _rows(self._json("GET", "/checks"), "checks")

    def check(self, name: str) -> dict[str, Any]:
        """One check with its history; UsageError when there is none of that name."""
        return self._object("GET", f"/checks/{quote(name, safe='')}")

    def heals(self, limit: int = 100, **query: Any) -> list[dict[str, Any]]:
        """The last heals, newest first; of one `subject`, from `since` to `until`."""
        return _rows(self._json("GET", _path("/heals", limit=int(limit), **query)), "heals")

    def ended_heals(self, **query: Any) -> dict[str, Any]:
        """`{since, until, heals[], next}`; the query is that of `/heals/ended`."""
        return self._object("GET", _path("/heals/ended", **query), LOOKING_BACK)

    def incidents(self, **query: Any) -> dict[str, Any]:
        """`{since, until, incidents[], next}`; the query is that of `/history`."""
        return self._object("GET", _path("/history", **query), LOOKING_BACK)

    def history(self, check: str, **query: Any) -> dict[str, Any]:
        """What one check said: the query and answer of `/history/{id}`."""
        path = _path(f"/history/{quote(check, safe='')}", **query)
        return self._object("GET", path, LOOKING_BACK)

    def uptime(self, **query: Any) -> list[dict[str, Any]]:
        """Uptime of every check; the query is that of `/uptime`."""
        return _rows(self._json("GET", _path("/uptime", **query), LOOKING_BACK), "checks")

    def trends(self, **query: Any) -> list[dict[str, Any]]:
        """Where the values go; the query is that of `/trends`."""
        return _rows(self._json("GET", _path("/trends", **query), LOOKING_BACK), "trends")

    def timeline(self, **query: Any) -> dict[str, Any]:
        """`{since, until, entries[], next}`; the query is that of `/timeline`."""
        return self._object("GET", _path("/timeline", **query), LOOKING_BACK)

    def plan(self) -> list[dict[str, Any]]:
        """What would be done now about what fails."""
        return _rows(self._json("GET", "/plan"), "plan")

    def explain(self, name: str) -> dict[str, Any]:
        """The decision about a service, and why."""
        return self._object("GET", f"/explain/{quote(name, safe='')}")

    def beat(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Report in; durable when this returns."""
        return self._change("POST", f"/heartbeats/{quote(name, safe='')}", body)

    def actions(self, subject: str) -> list[dict[str, Any]]:
        """What can be done about a service or check."""
        return _rows(self._json("GET", f"/actions/{quote(subject, safe='')}"), "actions")

    def heal(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Take an action; answers when it is verified or has failed."""
        return self._change("POST", "/heal", wish, ACTION_SECONDS)

    def decisions(self, since: float, limit: int = 10_000) -> list[dict[str, Any]]:
        """What was decided since then, oldest first, with all that it depended on."""
        path = f"/decisions?since={int(since)}&limit={limit}"
        return _rows(self._json("GET", path, SILENCE_SECONDS), "decisions")

    def maintenance(self) -> list[dict[str, Any]]:
        """Windows that are not over."""
        return _rows(self._json("GET", "/maintenance"), "windows")

    def following_maintenance(self) -> list[dict[str, Any]]:
        """The next window of each that the stack file declares."""
        return _rows(self._json("GET", "/maintenance"), "following")

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

    def notifications(self, limit: int = 50) -> dict[str, Any]:
        """Incidents, silences, channels and deliveries."""
        return self._object("GET", f"/notify?limit={int(limit)}")

    def test_channels(self, channel: str = "") -> list[dict[str, Any]]:
        """Tell a channel (all without one) a test; what came back from each."""
        answer = self._change("POST", "/notify/test", {"channel": channel}, SILENCE_SECONDS)
        return _rows(answer, "results")

    def acknowledge(self, incident: str, why: str) -> dict[str, Any]:
        """Somebody is at an incident, named by id or subject."""
        path = f"/notify/incidents/{quote(incident, safe='')}/acknowledge"
        return self._change("POST", path, {"why": why})

    def silence(self, subject: str, seconds: float, why: str) -> dict[str, Any]:
        """Tell nobody about it for so long."""
        body = {"subject": subject, "seconds": seconds, "why": why}
        return self._change("POST", "/notify/silences", body)

    def unsilence(self, silence: str) -> list[dict[str, Any]]:
        """End silences, named by id or subject."""
        return _rows(self._change("DELETE", f"/notify/silences/{quote(silence, safe='')}"), "ended")

    def log(self, service: str, lines: int = 50) -> list[str]:
        """The end of what a service wrote; UsageError for one that writes nothing here."""
        path = f"/services/{quote(service, safe='')}/log?lines={int(lines)}"
        found = self._object("GET", path).get("lines")
        if not isinstance(found, list):
            raise ProtocolError(f"{path} did not answer with lines", where=str(self.target))
        return [str(line) for line in found]

    def jobs(self) -> list[dict[str, Any]]:
        """Every job: when it is due, what runs, how the last run ended."""
        return _rows(self._json("GET", "/jobs"), "jobs")

    def job(self, name: str) -> dict[str, Any]:
        """One of them; UsageError when there is none of that name."""
        return self._object("GET", f"/jobs/{quote(name, safe='')}")

    def job_history(self, name: str, limit: int = 50) -> list[dict[str, Any]]:
        """What happened to a job, newest first."""
        path = f"/jobs/{quote(name, safe='')}/history?limit={int(limit)}"
        return _rows(self._json("GET", path), "history")

    def run_job(self, name: str) -> dict[str, Any]:
        """Run a job now; the run, as soon as it is under way."""
        path = f"/jobs/{quote(name, safe='')}/run"
        answer = self._change("POST", path, timeout=max(self.timeout, SILENCE_SECONDS))
        return dict(answer["run"])

    def backups(self, **query: Any) -> dict[str, Any]:
        """What can be gone back to, and what was tried; the query is that of `/backups`."""
        return self._object("GET", _path("/backups", **query), LOOKING_BACK)

    def restore_plan(self, **query: Any) -> dict[str, Any]:
        """What going back would do, and nothing is done; the query is that of `/backups/plan`."""
        return self._object("GET", _path("/backups/plan", **query), LOOKING_BACK)

    def restore_files(self, name: str, **wish: Any) -> Iterator[dict[str, Any]]:
        """Have files where they were; the wish is the rest of the body of `/backups/files`. The
        lines come as those of `operation`, and raise the same.
        """
        return self._lines("the restore", "/backups/files", {"name": name, **wish})

    def boot(self) -> dict[str, Any]:
        """Whether the operating system would bring the stack back, and how the latest boot went."""
        return self._object("GET", "/boot", timeout=max(self.timeout, SILENCE_SECONDS))

    def stack(self) -> dict[str, Any]:
        """What is watched, with every default filled in; secrets are references or hidden."""
        return self._object("GET", "/stack")

    def metrics(self) -> str:
        """Prometheus text."""
        return self._send("GET", "/metrics").decode("utf-8", "replace")

    def tick(self, force: bool = False) -> dict[str, Any]:
        """Run what is due now (everything with `force`) and give the verdict."""
        path = "/tick?force=1" if force else "/tick"
        return self._object("POST", path, timeout=max(self.timeout, SILENCE_SECONDS))

    def reload(self) -> dict[str, Any]:
        """Take up an edited stack; an error leaves the running one alone."""
        return self._change("POST", "/reload", timeout=max(self.timeout, SILENCE_SECONDS))

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

    def operation_plan(self, action: str, names: Sequence[str] = ()) -> dict[str, Any]:
        """What one of ACTIONS would do to services that are not named."""
        path = _path("/operations/plan", action=action, names=",".join(names))
        plan: dict[str, Any] = self._json("GET", path)
        return plan

    def operation(
        self, action: str, names: Sequence[str] = (), **request: Any
    ) -> Iterator[dict[str, Any]]:
        """Ask for one of ACTIONS. Returns when the watchdog has taken it on; then the progress
        lines come, and an operation that was taken on goes on when nobody reads them.

        Raises:
            CutOff: the stream ended without its last line: the watchdog died in the middle.
        """
        body = {"action": action, "names": list(names), **request}
        return self._lines(action, "/operations", body)

    def _lines(self, what: str, path: str, body: Any) -> Iterator[dict[str, Any]]:
        lines = http.stream_lines(
            self.target,
            "POST",
            _by(path),
            body=body,
            token=self.token,
            silence=SILENCE_SECONDS,
        )
        return self._to_the_end(what, lines)

    def _to_the_end(self, action: str, lines: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        done = False
        try:
            for event in lines:
                done = event.get("done") is True
                yield event
        except CutOff as error:
            if not done:
                raise self._died(action) from error
        if not done:
            raise self._died(action)

    def _died(self, action: str) -> CutOff:
        return CutOff(
            f"the watchdog went away in the middle of {action}",
            where=str(self.target),
            next_step="`vrooli status` shows how far it got",
        )

    def _change(
        self, method: str, path: str, body: Any = None, timeout: float | None = None
    ) -> dict[str, Any]:
        """A request that changes something, in the name of whoever runs this command."""
        return self._object(method, _by(path), timeout, body)

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
        self.before()
        limit = self.timeout if timeout is None else timeout
        with _advising():
            answer = http.request(
                self.target, method, path, body=body, token=self.token, timeout=limit
            )
        # 503 of /health is a verdict with a body, not a failure of the question.
        verdict = answer.status == 503 and path == "/health"
        if answer.status >= 400 and not verdict:
            asked = path.partition("?")[0]
            raise problem(answer.status, answer.lenient(), f"{method} {asked} at {self.target}")
        return answer.body


@contextmanager
def _advising() -> Iterator[None]:
    """Say what helps where there is no watchdog, or one that hangs."""
    try:
        yield
    except (Unreachable, DeadlineExceeded) as error:
        error.next_step = error.next_step or ADVICE
        raise


def _me() -> str:
    """The user who runs this command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name
        return f"user {os.getuid()}"


def _by(path: str) -> str:
    """With the name of whoever runs this command."""
    return _path(path, by=_me())


def _path(path: str, **query: Any) -> str:
    """With what of the query is not None."""
    said = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(said)}" if said else path


def _rows(value: Any, key: str) -> list[dict[str, Any]]:
    rows = value.get(key) if isinstance(value, dict) else value
    if not isinstance(rows, list):
        raise ProtocolError(f"/{key} did not answer with a list")
    return rows
