"""A check's trend against its limits, in numbers and in words. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.autoheal.trend import Forecast, Trend, forecast
from vrooli.stack.durations import rough_duration
from vrooli.stack.model import Thresholds

FULL = 100.0
"""What a share of something cannot exceed."""

_WORDS = {
    "steady": "steady",
    "unclear": "no clear trend",
    "too-short": "too little data for a trend",
}


@dataclass(frozen=True, slots=True)
class Outlook:
    """A trend and what it runs into, the nearest limit first."""

    line: Trend
    unit: str
    forecasts: tuple[Forecast, ...] = ()

    @property
    def soonest(self) -> float | None:
        """Seconds to the nearest limit that is not reached yet."""
        ahead = [found.seconds for found in self.forecasts if found.seconds > 0]
        return min(ahead, default=None)

    @property
    def words(self) -> str:
        """`critical (95 %) in 2.1 days, full in 3.2 days`, or how it goes."""
        said = [_limit_words(found, self.unit) for found in self.forecasts]
        return ", ".join(said) if said else _WORDS.get(self.line.verdict, self.line.verdict)

    def to_json(self, now: float) -> dict[str, Any]:
        """The shape of the API."""
        return {
            "trend": self.line.to_json(),
            "forecasts": [found.to_json(now) for found in self.forecasts],
            "words": self.words,
        }


def outlook(line: Trend, unit: str, limits: Thresholds | None, now: float) -> Outlook:
    """`line` against `limits`, and against 100 % where a share is measured that must stay low."""
    found = [
        forecast(line, name, value, ascending=ascending, now=now)
        for name, value, ascending in _bounds(unit, limits)
    ]
    known = sorted((f for f in found if f is not None), key=lambda found: found.seconds)
    return Outlook(line, unit, tuple(_not_yet_or_worst(known)))


def nearer(usual: Outlook, recent: Outlook) -> Outlook:
    """`recent` where it runs into a limit sooner: what fills fast is no news of a week."""
    if recent.soonest is None:
        return usual
    return recent if usual.soonest is None or recent.soonest < usual.soonest else usual


def _bounds(unit: str, limits: Thresholds | None) -> Sequence[tuple[str, float, bool]]:
    if limits is None:
        return ()
    upward = not limits.downward
    bounds = [("warning", limits.warning, upward), ("critical", limits.critical, upward)]
    if unit == "%" and upward:
        bounds.append(("full", FULL, True))
    return bounds


def _not_yet_or_worst(found: Sequence[Forecast]) -> list[Forecast]:
    """Of the limits that are reached already, the last one says it all."""
    reached = [one for one in found if one.seconds <= 0]
    return reached[-1:] + [one for one in found if one.seconds > 0]


def _limit_words(found: Forecast, unit: str) -> str:
    name = found.limit if found.limit == "full" else f"{found.limit} ({found.value:g} {unit})"
    return f"{name} in {rough_duration(found.seconds)}" if found.seconds > 0 else f"{name} now"
