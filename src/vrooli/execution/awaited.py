"""Which signals the steps of a routine wait for, and what it does with them. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vrooli.core.expression import TEXT
from vrooli.flow.model import Routine
from vrooli.flow.places import expressions, steps

WAIT = "wait"
"""The type of such steps."""

MOST = 10
"""Names that are told."""

PLACEHOLDER = "JSON"
"""Where a person has to put something."""


@dataclass(frozen=True, slots=True)
class Awaits:
    """Of one routine.

    Attributes:
        names: for which steps wait, sorted.
        computed: whether the name is an expression in one of them: then it may be any.
    """

    names: tuple[str, ...]
    computed: bool

    def missed(self, name: str) -> str:
        """What is wrong with a signal of that name; empty when a step waits for it, or may."""
        if self.computed or name in self.names:
            return ""
        there = ", ".join(f"`{one}`" for one in self.names[:MOST])
        there = f"there is {there}" if there else "none waits for any"
        return f"no step of the routine waits for `{name}` ({there})"


def awaits(routine: Routine) -> Awaits:
    """For what its steps wait."""
    waits = [node.arguments for _, node in steps(routine) if node.type == WAIT]
    names = (given.constant("signal") for given in waits if given.has("signal"))
    found = {name if isinstance(name, str) else None for name in names}
    return Awaits(tuple(sorted(filter(None, found))), None in found)


def data_for(routine: Routine, step: str) -> str:
    """What a signal carries as the routine uses it, like `{"invoice": JSON}`; empty where it does
    not.

    Args:
        routine: of the run.
        step: its id, which waits for the signal.
    """
    members = set(_members((one.text for one in expressions(routine)), step))
    if not members:
        return ""
    if "" in members:
        return PLACEHOLDER
    return "{" + ", ".join(f'"{one}": {PLACEHOLDER}' for one in sorted(members)) + "}"


def _members(texts: Iterable[str], step: str) -> Iterable[str]:
    """What is asked of its data; empty for the whole."""
    use = re.compile(
        rf"(?<![\w.])steps\.{re.escape(step)}\.data(?!\w)(?:\.([A-Za-z_]\w*)(?![\w(]))?"
    )
    null = re.compile(r"\s*[!=]=\s*null\b")
    for text in texts:
        plain = TEXT.sub("''", text)
        for found in use.finditer(plain):
            if found[1] or not null.match(plain, found.end()):
                yield found[1] or ""
