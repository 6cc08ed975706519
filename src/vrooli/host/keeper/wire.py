"""The protocol: JSON lines over a unix stream socket.

Request: `{"id", "op", ...}`. Answer: `{"id", "ok": true, "result"}`, or `{"id", "error"}` with
`error` = `{"kind", "what", "next_step"}`, where `kind` is the name of a class in `core.errors`.
Pushed without a request: `{"event": "exit", ...}`.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False  # `typing` would cost the process 0.7 MiB
if TYPE_CHECKING:
    from typing import Any

VERSION = 1
MAX_LINE = 1 << 20  # bytes of one request: an environment is at most a few hundred KiB
MAX_BACKLOG = 4 << 20  # bytes that a client may leave unread before it is dropped
MAX_CLIENTS = 64
MARKER = "VROOLI_LAUNCH"  # in the environment of all that we start


class Later:
    """What an operation returns when its answer follows by itself."""


class Failure(Exception):
    """A request that is answered with an error.

    Args:
        kind: name of a class in `vrooli.core.errors`.
        what: what happened.
        next_step: what the reader can do about it.
    """

    def __init__(self, kind: str, what: str, next_step: str = "") -> None:
        super().__init__(what)
        self.kind = kind
        self.what = what
        self.next_step = next_step


def encode(message: dict[str, Any]) -> bytes:
    """One message as a line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def answer(request_id: object, result: object) -> bytes:
    """The line that answers a request."""
    return encode({"id": request_id, "ok": True, "result": result})


def refusal(request_id: object, failure: Failure) -> bytes:
    """The line that answers a request with an error."""
    error = {"kind": failure.kind, "what": failure.what, "next_step": failure.next_step}
    return encode({"id": request_id, "error": error})


def decode(line: bytes) -> dict[str, Any]:
    """A request; `Failure` when the line is not a JSON object."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Failure("ProtocolError", f"not JSON: {error}") from error
    if not isinstance(request, dict):
        raise Failure("ProtocolError", "a request is a JSON object")
    return request


def field(request: dict[str, Any], name: str, kinds: tuple[type, ...], default: object) -> Any:
    """A field of a request, checked; a `default` of ... means that it must be there."""
    value = request.get(name, default)
    if value is ...:
        raise Failure("ProtocolError", f"{name} is missing")
    if value is default or (isinstance(value, kinds) and (bool in kinds or value is not True)):
        return value
    raise Failure("ProtocolError", f"{name}: expected {kinds[0].__name__}, got {value!r:.40}")
