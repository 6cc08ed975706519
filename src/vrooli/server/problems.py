"""Errors on the wire: one JSON shape for all of them, and never a traceback or a secret inside."""

from typing import Any

from starlette.responses import JSONResponse

from vrooli.core.errors import (
    AccessDenied,
    Refused,
    StorageError,
    TooLarge,
    UnknownName,
    UsageError,
    VrooliError,
)

RETRY_AFTER_SECONDS = 5
"""What a client should wait after a 503: a PostgreSQL that was killed is usually back by then."""


def problem(
    status: int,
    code: str,
    message: str,
    *,
    next_step: str = "",
    retryable: bool = False,
    details: list[dict[str, Any]] | None = None,
) -> JSONResponse:
    """An error response: `{"error": {code, message, next_step, retryable, details}}`."""
    body = {
        "code": code,
        "message": message,
        "next_step": next_step,
        "retryable": retryable,
        "details": details or [],
    }
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="vrooli"'
    return JSONResponse({"error": body}, status_code=status, headers=headers)


def problem_of(error: VrooliError) -> JSONResponse:
    """Translate one of our errors; what can be repeated becomes a 503, so that spools keep their
    records.
    """
    status, code = _classify(error)
    return problem(status, code, error.what, next_step=error.next_step, retryable=error.retryable)


def _classify(error: VrooliError) -> tuple[int, str]:
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
