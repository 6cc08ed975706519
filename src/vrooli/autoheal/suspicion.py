"""Whether a look that failed says more about us than about whom it looked at. Then it is `unknown`,
and nothing is healed for it.

We suspect ourselves when

1. our own loop was late by a quarter of what the look may take: the answer may have been there
2. the network of this machine is broken (`canary`), unless somebody else answered meanwhile
3. the history cannot be written, for the few checks that judge by what was written down. No look at
   a service goes through it: a full disk makes nothing look sick, and hides nothing that is
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from vrooli.autoheal.canary import Canary, is_loopback
from vrooli.autoheal.lag import LoopLag
from vrooli.core.ports.clock import Clock
from vrooli.core.result import Result, unknown
from vrooli.core.status import Status
from vrooli.stack.model import Service
from vrooli.stack.references import is_reference

LATE = 0.25
"""Share of a look's deadline by which our own loop may be late before its failure says nothing."""

OURSELVES = "localhost"

_ANSWERED = ("answered", "http_status")
"""Details of a failing look whose peer was reached."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A look that came back.

    Attributes:
        began: monotonic seconds.
        timeout: seconds that it was given.
        peer: the host that it asked across a network, a name or an address; empty for none.
        recalls: whether it judged by what was written down here.
    """

    began: float
    timeout: float
    peer: str = ""
    recalls: bool = False


class Suspicion:
    """Weighs what looks found. `store` says what is wrong with the history, empty for nothing."""

    def __init__(
        self, lag: LoopLag, canary: Canary, store: Callable[[], str], clock: Clock
    ) -> None:
        self._lag, self._canary, self._store, self.clock = lag, canary, store, clock
        self._reached_at = -1.0

    async def weigh(self, result: Result, asked: Asked) -> Result:
        """`result`, or `unknown` with the reason when it is critical and we are to blame."""
        reached = result.healthy or any(key in result.details for key in _ANSWERED)
        if reached and not is_loopback(asked.peer):
            self._reached_at = self.clock.monotonic()
        if result.status is not Status.CRITICAL:
            return result
        why = self._late(asked) or self._forgetful(asked)
        if not why and asked.peer and not reached:
            why = await self._cut_off(asked)
        return unknown(f"{why}: {result.message}", waits=True) if why else result

    def _late(self, asked: Asked) -> str:
        late = self._lag.worst_since(asked.began)
        return (
            f"the watchdog itself was late by {late:.1f} s" if late > LATE * asked.timeout else ""
        )

    def _forgetful(self, asked: Asked) -> str:
        trouble = self._store() if asked.recalls else ""
        return f"the history cannot be written ({trouble})" if trouble else ""

    async def _cut_off(self, asked: Asked) -> str:
        trouble = await self._canary.trouble(asked.peer)
        if self._reached_at >= asked.began and not is_loopback(asked.peer):
            return ""
        return trouble


def peer_of(service: Service) -> str:
    """The host that the probe of `service` asks; empty when it asks none, or one that only a secret
    names. What runs here is asked here, at whatever address it listens.
    """
    health = service.health
    if health.type in ("exec", "process", "sql"):
        return ""
    if health.type == "http" and not health.target.startswith("/"):
        return urlsplit(health.target).hostname or ""
    if service.managed:
        return OURSELVES if service.port or health.type in ("http", "tcp") else ""
    return "" if is_reference(service.url) else service.host
