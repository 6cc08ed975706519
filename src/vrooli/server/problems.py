"""Errors on the wire: one shape for all of them, that of RFC 9457, and never a traceback or a
secret inside.
"""

import re
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from vrooli.core.errors import (
    AccessDenied,
    Busy,
    Refused,
    StorageError,
    TooLarge,
    UnknownName,
    UsageError,
    VrooliError,
)
from vrooli.execution.runs.inputs import BadInputs
from vrooli.execution.swarms.reading import SwarmError
from vrooli.flow.budget import BadBudget
from vrooli.server.repeats.words import BUSY

MEDIA_TYPE = "application/problem+json"

RETRY_AFTER_SECONDS = 5
"""What a client should wait after a 503: a PostgreSQL that was killed is usually back by then."""

LONGEST_INSTANCE = 512

MOST, TOLD = 200, 3
"""Mistakes of a swarm in details, and in words."""

_CUT = re.compile("%.?$")

SCHEMA = {
    "title": "Problem",
    "description": "RFC 9457; `code` says in one word what `type` says, for programs.",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "code": {"type": "string"},
        "next_step": {"type": "string"},
        "retryable": {"type": "boolean"},
        "details": {"type": "array", "items": {"type": "object"}},
    },
}
"""For OpenAPI: the shape of every answer from 400 on."""


class Problem(JSONResponse):
    """An error that knows, when it is sent, which request it is about."""

    media_type = MEDIA_TYPE

    def __init__(self, fields: dict[str, Any], headers: dict[str, str]) -> None:
        self._fields = fields
        super().__init__(fields, fields["status"], headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        # Cut inside an escape it would be no reference any more.
        instance = _CUT.sub("", raw.decode("ascii", "replace")[:LONGEST_INSTANCE])
        self.body = self.render({**self._fields, "instance": instance})
        self.headers["content-length"] = str(len(self.body))
        await super().__call__(scope, receive, send)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    next_step: str = "",
    retryable: bool = False,
    details: list[dict[str, Any]] | None = None,
) -> Problem:
    """An error response: `{type, title, status, detail, instance, code, next_step, retryable,
    details}`.
    """
    fields = {
        "type": f"urn:vrooli:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": code,
        "next_step": next_step,
        "retryable": retryable,
        "details": details or [],
    }
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="vrooli"'
    return Problem(fields, headers)


def refused_inputs(error: BadInputs) -> Problem:
    """Inputs of a run that do not fit; `details` say what is wrong where: `{field, problem}`."""
    return _refused("bad_inputs", error)


def refused_budget(error: BadBudget) -> Problem:
    """The same of a budget that cannot be."""
    return _refused("bad_budget", error)


def refused_swarm(error: SwarmError) -> Problem:
    """A swarm, or what was to be written on one, that cannot be: `{place, field, problem}` each."""
    details = [
        {"place": list(one.place), "field": one.where, "problem": one.reason}
        for one in error.mistakes[:MOST]
    ]
    said = f"the swarm is not valid: {'; '.join(map(str, error.mistakes[:TOLD]))}"
    return problem(422, "bad_swarm", said, next_step=error.next_step, details=details)


def _refused(code: str, error: BadInputs | BadBudget) -> Problem:
    details = [{"field": place, "problem": why} for place, why in error.mistakes]
    return problem(422, code, error.what, next_step=error.next_step, details=details)


def refused_batch(status: int, message: str, problems: list[dict[str, Any]]) -> Problem:
    """A batch of records that cannot be stored as it is (`records.BadBatch`)."""
    code = "bad_json" if status == 400 else "bad_records"
    advice = "set the named records aside and send the rest"
    return problem(status, code, message, next_step=advice, details=problems)


def problem_of(error: VrooliError) -> Problem:
    """Translate one of our errors; what can be repeated becomes a 503, so that spools keep their
    records.
    """
    status, code = _classify(error)
    return problem(status, code, error.what, next_step=error.next_step, retryable=error.retryable)


def _classify(error: VrooliError) -> tuple[int, str]:
    if isinstance(error, Busy):
        return 503, BUSY
    if error.retryable:
        return 503, "unavailable"
    if isinstance(error, UnknownName):
        return 404, "not_found"
    if isinstance(error, Refused):
        return 409, "refused"
    if isinstance(error, TooLarge):
        return 413, "too_large"
    if isinstance(error, UsageError):
        return 400, "bad_request"
    if isinstance(error, StorageError):
        return 507, "storage"
    if isinstance(error, AccessDenied):
        return 502, "upstream_refused"
    return 500, "failed"
