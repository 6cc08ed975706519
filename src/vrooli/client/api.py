"""What all typed clients of the server's API have in common: whom they ask, and as whom."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vrooli.client import http
from vrooli.client.token import read_token
from vrooli.client.wire import Response, encode, problem
from vrooli.core.address import HostPort
from vrooli.core.errors import AccessDenied, Busy, CutOff, ProtocolError, Unreachable, UsageError
from vrooli.core.stack_mark import HEADER

_LOOKS, _PAUSE = 20, 0.5
"""How often one that went astray is asked about, and the seconds between."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Gives the token that a request shows.

    Attributes:
        token: asked anew for each request; an empty one is not sent.
        advice: what to do when the server does not take it.
    """

    token: Callable[[], str]
    advice: str = ""


NOBODY = Bearer(str)
"""For what is open to everyone."""


def bearer_of_file(path: Path) -> Bearer:
    """The token in a file, read anew for each request."""
    return Bearer(lambda: read_token(path), f"the token is that in {path}")


@dataclass(frozen=True, slots=True)
class ApiClient:
    """One server.

    Every method raises Unreachable (it does not run), AccessDenied (token), DeadlineExceeded (it
    hangs), ProtocolError, or the error that the server named.

    Attributes:
        target: where it listens.
        bearer: as whom.
        timeout: seconds for one whole answer.
        stack: which one is meant (`core.stack_mark`): the server of another one refuses. Empty
            where any may answer.
    """

    target: HostPort
    bearer: Bearer
    timeout: float = 15.0
    stack: str = ""

    def _ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        value = self._send(method, path, body, key=key, timeout=timeout).json()
        if not isinstance(value, dict):
            raise ProtocolError(f"{path} did not answer with an object", where=str(self.target))
        return value

    def _make(self, path: str, body: Any) -> dict[str, Any]:
        """What a POST makes or decides. One that went astray is sent once more, with the same key,
        and is done once.
        """
        key = secrets.token_hex(16)
        try:
            return self._ask("POST", path, body, key=key)
        except CutOff:
            return self._once_more(path, body, key)

    def _once_more(self, path: str, body: Any, key: str) -> dict[str, Any]:
        """The answer to what was sent before with this key, and may be under way still."""
        for _ in range(_LOOKS):
            try:
                return self._ask("POST", path, body, key=key)
            except Busy:
                time.sleep(_PAUSE)
        return self._ask("POST", path, body, key=key)

    def _send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        timeout: float | None = None,
    ) -> Response:
        _need_names(path)
        headers = {"Idempotency-Key": key} if key else {}
        headers |= self._meant
        url, token = f"/api/v1{path}", self.bearer.token()
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
            raise self._refused(answer.status, answer.lenient(), place)
        return answer

    @property
    def _meant(self) -> dict[str, str]:
        return {HEADER: self.stack} if self.stack else {}

    def _refused(self, status: int, body: Any, place: str) -> Exception:
        error = problem(status, body, place)
        if status == 401 and isinstance(error, AccessDenied) and not error.next_step:
            error.next_step = self.bearer.advice
        return error


def _need_names(path: str) -> None:
    """Ids and names stand in the path; an empty one would ask about something else.

    Raises:
        UsageError: one is empty, as where the variable of a script is.
    """
    if not all(path.partition("?")[0].split("/")[1:]):
        raise UsageError("an id or a name is empty", next_step="say which one is meant")


def rows_of(answer: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The list in an answer."""
    rows = answer.get(key)
    if not isinstance(rows, list):
        raise ProtocolError(f"the answer has no {key}")
    return rows
