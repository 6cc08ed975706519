"""Where the cells of a table go on a terminal of some width. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

ROOM = 30
"""Characters that the last column gets at least before anything moves to lines of its own."""

GAP = "  "

STATED = frozenset(
    (
        *("DECIDED", "EVENT", "HEALTH", "LAST", "NOW", "OUTCOME", "RESULT", "STATE", "STATUS"),
        *("VERDICT", "WAS", "WORST", "LAST DRILL", "LAST HEAL", "LAST RUN", "WOULD BE"),
    )
)
"""Titles of columns whose words tell how something stands. The same word is a name elsewhere."""

PROSE = frozenset(("MESSAGE", "WHAT TO DO"))
"""Titles of last columns that somebody reads to their end: no edge cuts them."""

LINES = 6
"""Of one cell, at most: the rest is for a command that shows this one alone."""

_INDENT = "    "
_MORE = "      "


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a line.

    Attributes:
        text: what is shown.
        word: of which that is a part, where it tells how something stands; else empty.
        before: blanks.
    """

    text: str
    word: str
    before: str = ""


def lay_out(
    titles: Sequence[str], rows: Sequence[Sequence[str]], limit: int, *, below: bool = False
) -> list[list[Cell]]:
    """Lines of at most `limit` characters: columns as wide as their content.

    The last column is cut at the edge, unless it is PROSE, which goes on in the next line. Where it
    has less than ROOM, columns that find no place go below their row, each from a line with its
    title on; with `below` it is the last one alone, in one line without.
    """
    widths = [max(len(line[i]) for line in [titles, *rows]) for i in range(len(titles))]
    if below and limit - _width(widths[:-1]) - len(GAP) < min(widths[-1], ROOM):
        fitting, named = len(titles) - 1, False
    else:
        fitting, named = _fitting(widths, limit), True
    stated = [title in STATED for title in titles]
    head = _line(titles[:fitting], widths, [False] * fitting, limit)
    lines = [] if below and not named else [head]
    prose = titles[-1] in PROSE and fitting == len(titles)
    for row in rows:
        lines += _row(row[:fitting], widths, stated, limit, prose=prose)
        for title, cell in zip(titles[fitting:], row[fitting:], strict=True):
            if cell not in ("", "-"):
                word = cell if title in STATED else ""
                lines += _titled(title, cell, word, limit) if named else [_alone(cell, word, limit)]
    return lines


def wrapped(text: str, limit: int, before: str = "", indent: str = "") -> list[str]:
    """Lines of at most `limit` characters, the first one behind `before`, all others indented."""
    from textwrap import wrap

    lines = wrap(
        text, limit, initial_indent=before, subsequent_indent=indent, break_on_hyphens=False
    )
    return lines or [before]


def _row(
    cells: Sequence[str], widths: Sequence[int], stated: Sequence[bool], limit: int, *, prose: bool
) -> list[list[Cell]]:
    if not prose:
        return [_line(cells, widths, stated, limit)]
    start = " " * (_width(widths[: len(cells) - 1]) + len(GAP))
    first, *more = _few(wrapped(cells[-1], limit - len(start)))
    line = _line((*cells[:-1], first), widths, stated, limit)
    return [line, *([Cell(text, "", start)] for text in more)]


def _titled(title: str, cell: str, word: str, limit: int) -> list[list[Cell]]:
    """What found no place in its row, below it."""
    label = f"{_INDENT}{title.lower()}: "
    first, *more = _few(wrapped(cell, limit, label, _MORE))
    return [
        [Cell(first.removeprefix(label), word, label)],
        *([Cell(text.removeprefix(_MORE), word, _MORE)] for text in more),
    ]


def _alone(cell: str, word: str, limit: int) -> list[Cell]:
    return [Cell(_cut(cell, limit - len(GAP)), word, GAP)]


def _few(lines: list[str]) -> list[str]:
    return lines if len(lines) <= LINES else [*lines[: LINES - 1], f"{lines[LINES - 1][:-1]}…"]


def _fitting(widths: Sequence[int], limit: int) -> int:
    """How many columns stand side by side."""
    if _width([*widths[:-1], min(widths[-1], ROOM)]) <= limit:
        return len(widths)
    return max(n for n in range(1, len(widths)) if n == 1 or _width(widths[:n]) <= limit)


def _width(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * max(0, len(widths) - 1)


def _line(
    cells: Sequence[str], widths: Sequence[int], stated: Sequence[bool], limit: int
) -> list[Cell]:
    line: list[Cell] = []
    used, blanks = 0, ""
    for cell, width, tells in zip(cells, widths, stated, strict=False):
        text = _cut(cell, limit - used - len(blanks))
        line.append(Cell(text, cell if tells else "", blanks))
        used += len(blanks) + len(text)
        blanks = " " * (width - len(text)) + GAP
    return line


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(0, room - 1)] + "…" * min(1, max(0, room))
