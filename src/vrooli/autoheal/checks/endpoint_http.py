"""A URL, with conditions on what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vrooli.autoheal.check import Check, Look, judge
from vrooli.autoheal.probing import differing
from vrooli.core.result import Result, critical
from vrooli.core.status import Status
from vrooli.stack.model import Thresholds
from vrooli.stack.option_keys import secret_or
from vrooli.stack.references import resolved
from vrooli.stack.wire import http


@dataclass(frozen=True, slots=True)
class EndpointHttp:
    """Keys of `kind = "endpoint-http"`.

    Attributes:
        url: what to GET; a reference (`env:NAME`, `file:PATH`) when it holds a secret.
        status: status codes that are right; empty: 200 to 399.
        contains: a text that the answer must hold.
        json: values that the answer must have, by the path to them, like `{ "data.state" = "up" }`.
    """

    url: str
    status: Sequence[int] = ()
    contains: str = ""
    json: Mapping[str, str | int | bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is no URL; what a reference stands for, only a look knows."""
        secret_or("url", self.url, http.target)


async def _run(look: Look) -> Result:
    options: EndpointHttp = look.options
    tools = look.facts.tools
    address, path = http.target(resolved(options.url, tools.place.secrets))
    began = tools.clock.monotonic()
    answer = await http.get(tools.streams, address, path)
    took = 1000 * (tools.clock.monotonic() - began)
    wrong = _wrong(options, answer.status, answer.body)
    if wrong:
        return critical(f"HTTP {answer.status}: {wrong}", round(took, 1), "ms")
    return judge(took, "ms", look.limits, f"HTTP {answer.status} in {took:.0f} ms")


def _peer(look: Look) -> str:
    address, _ = http.target(resolved(look.options.url, look.facts.tools.place.secrets))
    return address.host


def _wrong(options: EndpointHttp, status: int, body: bytes) -> str:
    """What is not as it was declared."""
    if not (status in options.status if options.status else 200 <= status < 400):
        return "not a status that was expected"
    if options.contains and options.contains.encode() not in body:
        return f"the answer does not hold {options.contains!r}"
    return differing(body, options.json) if options.json else ""


CHECK = Check(
    id="endpoint-http",
    title="URL",
    why="What people use is what must answer, not only what runs.",
    category="endpoint",
    interval=30.0,
    unit="ms",
    thresholds=Thresholds(warning=2000.0, critical=10_000.0),
    run=_run,
    options=EndpointHttp,
    declared=True,
    silence=Status.CRITICAL,
    peer=_peer,
)
