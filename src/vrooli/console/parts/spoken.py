"""What models say just now, put together from its pieces. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST = 8000
"""Characters that are kept of one answer, the newest."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer that is being said.

    Attributes:
        text: the newest of it.
        until: where its end is in the whole answer, in characters.
        cut: whether there is more before it, or some is missing within.
    """

    text: str = ""
    until: int = 0
    cut: bool = False

    @property
    def shown(self) -> str:
        """As it stands on a page."""
        return f"… {self.text}" if self.cut else self.text


def with_piece(spoken: Mapping[str, Spoken], event: Mapping[str, Any]) -> dict[str, Spoken]:
    """What is being said by path of its model's turn, after an event `model.text`. Pieces may be
    missing: `from` tells.
    """
    path, piece, at = str(event["path"]), str(event["text"]), int(event["from"])
    known = spoken.get(path, Spoken())
    if at == 0:
        known = Spoken()
    if at < known.until:  # said again, after another attempt
        known = Spoken(known.text[: max(0, len(known.text) - (known.until - at))], at, known.cut)
    missing = at > known.until
    text = (f"{known.text} … " if missing and known.text else known.text) + piece
    cut = known.cut or len(text) > MOST or (missing and not known.text)
    return {**spoken, path: Spoken(text[-MOST:], at + len(piece), cut)}


def without(spoken: Mapping[str, Spoken], path: str) -> dict[str, Spoken]:
    """After a step, or a turn of its model, has ended: its words are in the journal."""
    return {
        one: said for one, said in spoken.items() if one != path and not one.startswith(f"{path}/")
    }
