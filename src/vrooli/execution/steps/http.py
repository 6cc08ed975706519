"""A request to an HTTP server."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from vrooli.core.errors import CutOff, ProtocolError, Refused, TooLarge, UsageError, VrooliError
from vrooli.core.ports.http import Answer, Request, TlsFailed
from vrooli.core.ports.secrets import Secrets
from vrooli.execution.following import followed
from vrooli.execution.masking import masked
from vrooli.execution.step_type import StepCall, StepFailed, StepTools, StepType

LARGEST = 512 * 1024
"""Bytes of an answer unless the step says otherwise: an output may have twice as many."""

_LATER = (429, 503)
"""The server says itself that it has done nothing yet."""

_ABOUT = """\
Its output is `status`, `headers` (names in small letters) and either `json`, when the server says
that it answers JSON, or `body`, a text. Failures: `http-status` (another one than expected: may
succeed later after 429, 503, and any 5xx of a repeatable step), `unreachable`, `unknown-effect`
(the connection broke after the request was sent, and it is not repeatable), `tls`, `too-large`,
`garbage` (no HTTP, no JSON), `forbidden` (an address at which a cloud tells a machine its keys:
link-local, and a few others; loopback and private networks are allowed).

```yaml
- step: told
  http:
    method: POST
    url: https://chat.example.com/hook
    headers: { Authorization: { secret: "env:CHAT_TOKEN", prefix: "Bearer " } }
    json: { text: "${steps.report.title}" }
    idempotency_header: Idempotency-Key
  retry: { most: 5 }
```

No proxy of the environment is used. A redirect goes to an address that is looked at like the first;
from `https` none leads to `http`, and one that would change what is asked is followed only where
nobody can misunderstand it (303, 307, 308)."""

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["url"],
    "additionalProperties": False,
    "dependentSchemas": {"json": {"properties": {"body": False}}},
    "properties": {
        "method": {
            "enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
            "default": "GET",
            "description": "what is asked for",
        },
        "url": {"type": "string", "pattern": "^https?://", "description": "whom to ask"},
        "query": {
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean", "array"]},
            "description": "added to the address, encoded; a list repeats its name",
        },
        "headers": {
            "type": "object",
            "propertyNames": {"pattern": "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"},
            "additionalProperties": {
                "oneOf": [
                    {"type": "string"},
                    {
                        "type": "object",
                        "required": ["secret"],
                        "additionalProperties": False,
                        "properties": {
                            "secret": {"type": "string"},
                            "prefix": {"type": "string"},
                        },
                    },
                ]
            },
            "description": 'text, or a secret by its reference: `{"secret": "env:TOKEN", '
            '"prefix": "Bearer "}`; the value is looked up when the request is sent, goes to no '
            "other origin, and is replaced by `***` where the answer repeats it",
        },
        "json": {"description": "the body, as JSON"},
        "body": {"type": "string", "description": "the body, as text in UTF-8"},
        "expect": {
            "type": "array",
            "items": {"type": "integer", "minimum": 100, "maximum": 599},
            "minItems": 1,
            "description": "status codes that are no failure; 200 to 299 by default",
        },
        "max_bytes": {
            "type": "integer",
            "minimum": 0,
            "maximum": 1024 * 1024,
            "default": LARGEST,
            "description": "a longer answer is the failure `too-large`",
        },
        "redirects": {
            "type": "integer",
            "minimum": 0,
            "maximum": 10,
            "default": 0,
            "description": "how many are followed, one after the other",
        },
        "repeatable": {
            "type": "boolean",
            "default": False,
            "description": "nobody is harmed when the request is sent twice; `GET`, `HEAD` and "
            "`OPTIONS` always are",
        },
        "idempotency_header": {
            "type": "string",
            "pattern": "^[A-Za-z0-9-]+$",
            "description": "header that carries a key, the same in every attempt of this step: "
            "the server does not do twice what has one key, so that the step is repeatable",
        },
    },
}


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A request and the parts of it that are private.

    Attributes:
        request: to send.
        private: headers that hold a secret.
        secrets: their values.
    """

    request: Request
    private: Mapping[str, str]
    secrets: tuple[str, ...]


def _prepared(call: StepCall, secrets: Secrets) -> _Prepared:
    given = call.arguments
    headers: dict[str, str] = {}
    private: dict[str, str] = {}
    values: list[str] = []
    for name, value in given.get("headers", {}).items():
        if isinstance(value, str):
            headers[name] = value
            continue
        values.append(secrets.resolve(value["secret"]))
        headers[name] = private[name] = value.get("prefix", "") + values[-1]
    body = given.get("body", "").encode()
    if "json" in given:
        body = json.dumps(given["json"], ensure_ascii=False, allow_nan=False).encode()
        headers = {"content-type": "application/json", **headers}
    if "idempotency_header" in given:
        headers[given["idempotency_header"]] = call.key
    request = Request(given.get("method", "GET"), _url(given), headers, body)
    return _Prepared(request, private, tuple(values))


def _url(given: Mapping[str, Any]) -> str:
    if not given.get("query"):
        return str(given["url"])
    parts = urlsplit(given["url"])
    pairs = [(name, one) for name, value in given["query"].items() for one in _each(value)]
    query = "&".join(filter(None, (parts.query, urlencode(pairs))))
    return str(urlunsplit(parts._replace(query=query)))


def _each(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for one in value for text in _each(one)]
    return [value if isinstance(value, str) else json.dumps(value)]


async def _run(call: StepCall, tools: StepTools) -> Any:
    prepared = _prepared(call, tools.secrets)
    try:
        answer = await _ask(call, tools, prepared)
        return masked(_output(answer), prepared.secrets)
    except StepFailed as error:
        what, where = masked([error.what, error.where], prepared.secrets)
        raise StepFailed(error.kind, what, where=where, retryable=error.retryable) from None


async def _ask(call: StepCall, tools: StepTools, prepared: _Prepared) -> Answer:
    request = prepared.request
    largest = call.arguments.get("max_bytes", LARGEST)
    for left in range(call.arguments.get("redirects", 0), -1, -1):
        try:
            answer = await tools.http.send(request, largest)
        except VrooliError as error:
            raise _failed(error, _repeatable(call.arguments)) from error
        following = followed(request, answer, prepared.private) if left else None
        if following is None:
            _expect(answer, request, call.arguments)
            return answer
        request = following
    raise AssertionError("the last turn follows nothing")


def _expect(answer: Answer, request: Request, given: Mapping[str, Any]) -> None:
    if answer.status in given.get("expect", range(200, 300)):
        return
    where = urlunsplit(urlsplit(request.url)._replace(query="", fragment=""))
    said = answer.body[:200].decode(errors="replace").replace("\0", "�")
    what = f"it answered {answer.status}" + (f": {said}" if said else "")
    if "location" in answer.headers:
        what = f"it answered {answer.status}, to {answer.headers['location'][:200]}"
    later = answer.status in _LATER or (answer.status >= 500 and _repeatable(given))
    raise StepFailed("http-status", what, where=where, retryable=later)


def _failed(error: VrooliError, repeatable: bool) -> StepFailed:
    kind, retryable = next(
        ((kind, error.retryable) for types, kind in _KINDS if isinstance(error, types)),
        ("unreachable" if error.retryable else "failed", error.retryable),
    )
    if isinstance(error, CutOff) and not repeatable:
        kind, retryable = "unknown-effect", False
    return StepFailed(kind, error.what, where=error.where, retryable=retryable)


_KINDS: tuple[tuple[type[VrooliError], str], ...] = (
    (TlsFailed, "tls"),
    (TooLarge, "too-large"),
    (Refused, "forbidden"),
    (UsageError, "arguments"),
    (ProtocolError, "garbage"),
)


def _output(answer: Answer) -> dict[str, Any]:
    output = {"status": answer.status, "headers": dict(answer.headers)}
    kind = Message()
    kind["content-type"] = answer.headers.get("content-type", "")
    subtype = kind.get_content_subtype()
    if answer.body and (subtype == "json" or subtype.endswith("+json")):
        try:
            return {**output, "json": json.loads(answer.body, parse_constant=_no_number)}
        except (ValueError, RecursionError) as error:
            raise StepFailed("garbage", "it says that it answers JSON, and does not") from error
    try:
        text = answer.body.decode(kind.get_content_charset() or "utf-8", errors="replace")
    except LookupError:  # no such charset
        text = answer.body.decode(errors="replace")
    return {**output, "body": text.replace("\0", "�")}


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def _repeatable(given: Mapping[str, Any]) -> bool:
    safe = given.get("method", "GET") in ("GET", "HEAD", "OPTIONS")
    return safe or given.get("repeatable") is True or "idempotency_header" in given


step = StepType(
    name="http",
    title="Asks an HTTP server",
    arguments=_SCHEMA,
    run=_run,
    repeatable=_repeatable,
    about=_ABOUT,
)
