"""What the agent library raises, in words of steps."""

import httpx2
from pydantic_ai import exceptions as theirs

from vrooli.execution.llm.gate import RateLimited
from vrooli.flow.failed import Failed

LONGEST = 300
"""Characters of what a provider said."""

_KINDS: tuple[tuple[type[Exception], str, str, bool], ...] = (
    (theirs.ModelQuotaExceededError, "quota", "the account is used up", False),
    (theirs.ModelContextWindowExceededError, "context", "too long for the model", False),
    (theirs.ModelAuthenticationError, "refused-key", "the key is not accepted", False),
    (theirs.ModelNotFoundError, "no-model", "it does not know this model", False),
    (theirs.ModelTimeoutError, "timeout", "no answer in time", True),
    (theirs.ModelRequestTimeout, "timeout", "no answer in time", True),
    (theirs.ModelConnectionError, "unreachable", "no connection, or it broke", True),
    (theirs.ModelUnavailableError, "server-error", "it cannot answer now", True),
    (theirs.ModelServerError, "server-error", "it failed", True),
    (theirs.ModelRequestRejectedError, "rejected", "it does not take the request", False),
    (theirs.ContentFilterError, "content-filter", "its filter held the answer back", False),
    (theirs.OutputTokenLimitExceeded, "limit", "the answer needs more tokens than allowed", False),
    (theirs.IncompleteToolCall, "limit", "the answer needs more tokens than allowed", False),
    (theirs.UsageLimitExceeded, "limit", "it needs more than the limits allow", False),
    (theirs.UnexpectedModelBehavior, "garbage", "it answers what makes no sense", True),
    (theirs.ModelAPIError, "garbage", "it answers what makes no sense", True),
    # The library lets them through when they come in the middle of a streamed answer.
    (httpx2.TimeoutException, "timeout", "no answer in time", True),
    (httpx2.TransportError, "unreachable", "no connection, or it broke", True),
)
"""The first that fits counts: from the special to the general."""


def translated(error: Exception, model: str) -> Failed:
    """As steps fail.

    Args:
        error: what came out of the library.
        model: `provider:model`.
    """
    if isinstance(error, theirs.ModelRateLimitError):
        return RateLimited(_words("it takes no more for now", error), error.retry_after or 0.0)
    for types, kind, what, retryable in _KINDS:
        if isinstance(error, types):
            return Failed(kind, _words(what, error), where=model, retryable=retryable)
    what = f"its answer cannot be read ({type(error).__name__})"
    return Failed("garbage", what, where=model, retryable=True)


def _words(what: str, error: Exception) -> str:
    """With what the provider says itself, as far as it fits."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    said = inner.get("message") if isinstance(inner, dict) else None
    if not isinstance(said, str):
        said = str(getattr(error, "message", ""))
    status = getattr(error, "status_code", None)
    number = f" ({status})" if status is not None else ""
    return f"{what}{number}: {said[:LONGEST]}" if said else f"{what}{number}"
