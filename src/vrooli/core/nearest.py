"""The nearest valid name, for "did you mean"."""

from collections.abc import Iterable
from difflib import get_close_matches

CUTOFF = 0.6
"""Similarity from 0 to 1 below which a hint would confuse; difflib's own default."""


def near(name: str, valid: Iterable[str], most: int = 3) -> list[str]:
    """At most so many of `valid` that `name` may have been meant to be, the nearest first."""
    by_lower = {candidate.lower(): candidate for candidate in valid}
    found = get_close_matches(name.lower(), by_lower, n=most, cutoff=CUTOFF)
    return [by_lower[one] for one in found]


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """The one of `valid` that `name` was probably meant to be; None when none is near."""
    found = near(name, valid, 1)
    return found[0] if found else None


def did_you_mean(name: str, valid: Iterable[str]) -> str:
    """`; did you mean `health`?` or nothing, to be put behind a sentence."""
    found = nearest(name, valid)
    return f"; did you mean `{found}`?" if found else ""
