"""What a simulated run may spend, out of its own budget and out of those above it. The rules are
those of the ledger in PostgreSQL.
"""

from dataclasses import dataclass, field

from vrooli.core.amounts import dollars
from vrooli.execution.spending import Amount
from vrooli.flow.budget import MICROS, PAUSE, Limits, OverBudget, place_of


@dataclass
class Purse:
    """Of one run.

    Attributes:
        limits: its own.
        above: of the run that started it.
        micros, tokens, steps: spent, with all below it.
        held: set aside.
    """

    limits: Limits = field(default_factory=Limits)
    above: "Purse | None" = None
    micros: int = 0
    tokens: int = 0
    steps: int = 0
    held: Amount = field(default_factory=Amount)

    @property
    def pauses(self) -> bool:
        """Whether the run pauses at a limit, as the nearest says that says anything."""
        said = next((one.limits.ledger[4] for one in self._way() if one.limits.ledger[4]), None)
        return said == PAUSE

    def step(self, path: str, count: int = 1) -> None:
        """So many steps begin.

        Raises:
            OverBudget: fewer are left, and those are used up.
        """
        way = self._way()
        left = [one.limits.steps - one.steps for one in way if one.limits.steps is not None]
        taken = max(0, min([count, *left]))
        for one in way:
            one.steps += taken
        if taken < count:
            what = f"the budget has no step left for `{path}`"
            raise OverBudget(what, where=place_of("steps"))

    def reserve(self, most: Amount) -> None:
        """Set aside before it is spent.

        Raises:
            OverBudget: it is too much.
        """
        for one in self._way():
            one._room(most)
        for one in self._way():
            one.held = _more(one.held, most, 1)

    def settle(self, most: Amount, *, spent: bool = True) -> None:
        """It is spent, or free again."""
        for one in self._way():
            one.held = _more(one.held, most, -1)
            if spent:
                one.micros += most.micros or 0
                one.tokens += most.tokens

    def _room(self, most: Amount) -> None:
        micros, asked = self.micros + (self.held.micros or 0), most.micros or 0
        limit = self.limits.micros
        if limit is not None and micros + asked > limit:
            most_, used, more = (dollars(one / MICROS) for one in (limit, micros, asked))
            raise OverBudget(_short(most_, used, more), where=place_of("cost"))
        tokens, limit = self.tokens + self.held.tokens, self.limits.tokens
        if limit is not None and tokens + most.tokens > limit:
            what = _short(f"{limit} tokens", str(tokens), str(most.tokens))
            raise OverBudget(what, where=place_of("tokens"))

    def _way(self) -> list["Purse"]:
        found, one = list["Purse"](), self
        while True:
            found.append(one)
            if one.above is None:
                return found
            one = one.above


def _short(most: str, used: str, asked: str) -> str:
    return f"the budget of {most} has {used} spent or set aside: {asked} more is too much"


def _more(held: Amount, by: Amount, sign: int) -> Amount:
    return Amount(held.tokens + sign * by.tokens, (held.micros or 0) + sign * (by.micros or 0))
