"""Seam: what a step spends is reserved before it is spent, and settled after."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Amount:
    """What one model request, or something like it, costs.

    Attributes:
        tokens: in and out together.
        micros: millionths of a US dollar; None when nobody knows the price.
    """

    tokens: int = 0
    micros: int | None = 0


class Spending(Protocol):
    """Of the runs: out of a run's budget, and out of those of all that it is a part of."""

    async def reserve(self, run: str, key: str, most: Amount) -> bool:
        """Set `most` aside, before it is spent. The same key of the same run twice is nothing new:
        so a replay after a crash reserves nothing twice.

        Returns:
            Whether something is set aside. False where that key is settled already: what is spent
            now needs another one.

        Raises:
            StepFailed: kind `budget`: a limit leaves no room for it, or nobody knows its price and
                there is a limit on cost.
        """
        ...

    async def settle(self, run: str, key: str, real: Amount) -> None:
        """Say what it came to; what was set aside and not spent is free again. The same twice is
        nothing new.
        """
        ...

    async def spent(self, run: str, step: str) -> int:
        """Millionths of a US dollar that the step of this path has spent since it last completed,
        in all attempts: also on requests that were cut off, of which nothing else is known.
        """
        ...


class Unlimited:
    """For runs that nobody limits."""

    async def reserve(self, run: str, key: str, most: Amount) -> bool:
        """Always."""
        return True

    async def settle(self, run: str, key: str, real: Amount) -> None:
        """Nothing is kept."""

    async def spent(self, run: str, step: str) -> int:
        """Nothing that is known."""
        return 0
