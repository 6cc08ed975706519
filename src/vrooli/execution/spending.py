"""Port: what a run may spend, asked before and told after each time that it spends."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Amount:
    """tokens: in and out together; micros: millionths of a US dollar, None when nobody knows the
    price.
    """

    tokens: int = 0
    micros: int | None = 0


class Spending(Protocol):
    """The budgets of runs."""

    async def reserve(self, run: str, key: str, most: Amount) -> None:
        """Set aside what something may cost at most; the same key twice is nothing new.

        Raises:
            StepFailed: `budget`, there is not so much left.
        """
        ...

    async def settle(self, run: str, key: str, real: Amount) -> None:
        """What it did cost; the rest of what was set aside is free again."""
        ...
