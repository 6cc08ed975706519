"""What a script has to say as well, before a simulation comes to an end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vrooli.core.errors import UsageError
from vrooli.execution.swarms.simulating.kept import SimulatedRun


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is not scripted.

    Attributes:
        what: happened without it.
        part: of the script.
        line: that is to be added there.
    """

    what: str
    part: str
    line: str


class NotScripted(UsageError):
    """The script does not say enough.

    Attributes:
        sought: routines that were needed, and of which nothing was known.
    """

    def __init__(self, what: str, lines: Iterable[str], sought: Iterable[str]) -> None:
        advice = "\n    ".join(["add to the script:", *lines])
        super().__init__(what, where="script", next_step=advice)
        self.sought = frozenset(sought)


def lacking(missing: Iterable[Missing], sought: Iterable[str]) -> NotScripted:
    """All of it, with what is to be added."""
    found = list(dict.fromkeys(missing))
    lines = []
    for part in dict.fromkeys(one.part for one in found):
        ones = dict.fromkeys(one.line for one in found if one.part == part)
        lines += [f"{part}:", *(f"  {one}" for one in ones)]
    what = "; ".join(dict.fromkeys(one.what for one in found))
    return NotScripted(what, lines, sought)


def stuck(root: SimulatedRun, sought: Iterable[str]) -> NotScripted:
    """Nothing is to come any more, and the swarm has not ended."""
    return lacking(_waits(root), sought)


def _waits(root: SimulatedRun) -> Iterator[Missing]:
    for one in root.all():
        name = f"task `{one.path}`" if one.path else f"the swarm `{root.routine}`"
        if not one.open or any(below.open for below in one.below):
            continue
        if one.resting:
            yield Missing(f"{name} is paused for ever", "events", "- {at: 1h, resume: true}")
        elif one.status == "paused":
            raised = "- {at: 1h, budget: {cost: 10}}"
            yield Missing(f"{name} has paused at a limit for ever", "events", raised)
        elif one.kept is None:
            yield Missing(f"{name} never ends", "runs", f"{one.name}: {{output: ..., takes: 1h}}")
        else:
            written = "- {at: 10m, board: {KEY: VALUE}}"
            yield Missing(f"{name} waits for what nobody writes", "events", written)
