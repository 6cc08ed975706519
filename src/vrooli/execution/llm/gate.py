"""The way to one provider, for all runs of this process: not too often, not while it is down."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from vrooli.core.ports.clock import Clock
from vrooli.execution.llm.bucket import Bucket
from vrooli.execution.llm.circuit import PAUSE, Circuit
from vrooli.flow.failed import Failed

LONGEST_HOLD = 600.0
"""Seconds: a provider that asks for more patience is asked again after these."""

DOWN = frozenset({"unreachable", "timeout", "server-error", "garbage"})
"""Kinds of failures by which a provider is no use; with the others it works."""

T = TypeVar("T")


class RateLimited(Failed):
    """The provider takes no more for now.

    Attributes:
        after: seconds that it asks to be left alone; 0 when it does not say.
    """

    def __init__(self, what: str, after: float) -> None:
        super().__init__("rate-limit", what, retryable=True)
        self.after = after


class Gate:
    """One provider."""

    def __init__(self, provider: str, per_minute: float, clock: Clock) -> None:
        self._provider, self._clock = provider, clock
        self._bucket, self._circuit = Bucket(per_minute), Circuit()

    @property
    def state(self) -> str:
        """`ok`, or `down` while the provider is left alone."""
        return "down" if self._circuit.down(self._clock.monotonic()) else "ok"

    async def through(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask` comes to, after the time to wait.

        Raises:
            Failed: `provider-down`, it failed too often to be asked now; or what `ask` raises.
        """
        await self._clock.sleep(self._bucket.take(self._clock.monotonic()))
        if not self._circuit.enter(self._clock.monotonic()):
            what = f"{self._provider} failed again and again, and is left alone for {PAUSE:g} s"
            raise Failed("provider-down", what, where=self._provider, retryable=True)
        worked: bool | None = None
        try:
            answer = await ask()
            worked = True
        except RateLimited as error:
            worked = True
            self._bucket.hold(self._clock.monotonic() + min(error.after, LONGEST_HOLD))
            raise
        except Failed as error:
            worked = error.kind not in DOWN
            raise
        finally:
            self._circuit.left(worked, self._clock.monotonic())
        return answer
