"""What somebody answers for is shown as it is: all of it, and with the characters that are not seen
or that turn others around written out. Pure, but for `show`.
"""

import json
import unicodedata
from dataclasses import dataclass
from typing import Any

from vrooli.console.parts.html import Tag

MOST = 100_000
"""Characters that a page shows of one question; nobody has read more than those there."""

_UNSEEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs")
"""Kinds of characters without a picture of their own: control, format (which turns the direction of
writing around), not assigned, private, halves; separators.
"""
_PLAIN = "\n\t "
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that look like nothing."""
_VARIATIONS = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF), (0x180B, 0x180F))
"""Choose between pictures of the character before; hundreds of them, unseen, can carry text."""


@dataclass(frozen=True, slots=True)
class Exactly:
    """What is shown.

    Attributes:
        text: with what is not seen written out, like `⟨U+202E⟩`.
        count: characters of all of it.
        odd: how many were written out.
    """

    text: str
    count: int = 0
    odd: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether it is all there is."""
        return self.count <= MOST


def exactly(value: Any) -> Exactly:
    """Of text, or of whatever stands in JSON; empty for nothing."""
    if value is None:
        return Exactly("")
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    shown = [_seen(one) for one in text[:MOST]]
    return Exactly("".join(shown), len(text), sum(len(one) > 1 for one in shown))


def unseen(value: Any) -> str:
    """Why nobody can answer for it on a page; empty when all of it is shown."""
    found = exactly(value)
    if found.is_whole:
        return ""
    return f"Only {MOST:,} of its {found.count:,} characters are shown here."


def show(value: Any, name: str) -> None:
    """It, and what is said about it; `name` is what it is called for who hears the page."""
    found = exactly(value)
    if not found.text:
        return
    Tag("pre", found.text, "exactly", tabindex="0", role="region", aria_label=name)
    if found.odd:
        many = f"{found.odd:,} characters are" if found.odd > 1 else "One character is"
        Tag("p", f"{many} not seen as such, and written out, like ⟨U+202E⟩.", "soft")
    if not found.is_whole:
        said = f"{unseen(value)} vrooli approval show prints all of it; answer there."
        Tag("p", said, "banner warning", role="note")


def _seen(one: str) -> str:
    if one in _PLAIN:
        return one
    code = ord(one)
    hidden = unicodedata.category(one) in _UNSEEN or one in _BLANK
    if hidden or any(first <= code <= last for first, last in _VARIATIONS):
        return f"⟨U+{code:04X}⟩"
    return one
