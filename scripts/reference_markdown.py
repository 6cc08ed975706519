"""What the pages of the reference are made of."""

from collections.abc import Iterable


def table(heads: str, rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table. An empty first or second cell means something undescribed: ValueError."""
    lines = [f"| {heads} |", "|" + "---|" * (heads.count("|") + 1)]
    for row in rows:
        cells = [str(cell).replace("|", "\\|").replace("\n", " ") for cell in row]
        if not all(cells[:2]):
            raise ValueError(f"not described: {cells}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
