"""The steps of a run as a tree, with bars over its time and the runs that they started."""

from collections.abc import Callable

from vrooli.console.parts.asked import Showing
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.rows import Rows
from vrooli.console.parts.run_files import large_link
from vrooli.console.parts.run_seen import Below, Row, Step, rows_of
from vrooli.console.run_feed import RunSeen
from vrooli.core.amounts import length

Extent = tuple[float, float | None]
"""From when to when a run goes on; None while it does."""


class StepList:
    """The list.

    Args:
        run: id.
        more: what can be done with a step of a run, added to its row.
    """

    def __init__(self, run: str, more: Callable[[Step], None]) -> None:
        self._run, self._more = run, more

    def show(self, shown: Showing[RunSeen]) -> None:
        """Here; only what changed is built anew."""
        with Tag("section"):
            Tag("h2", "Steps")
            about = Tag("p", "", "soft")
            rows: Rows[tuple[str, int], tuple[Row, Extent]] = Rows(
                self._row, "ol", "steps", row_classes="step"
            )

        def look(seen: RunSeen) -> None:
            found = rows_of(seen.steps.shown, seen.below)
            begun, ended = seen.run["started_at"] or seen.run["created_at"], seen.run["ended_at"]
            rows.show((key, (row, (begun, ended))) for key, row in found)
            about.text = _about(seen)

        shown.hand(look)

    def _row(self, item: tuple[Row, Extent]) -> None:
        row, extent = item
        step = row.step
        with Tag("div", "", "inside").style(f"--depth: {step.depth}"):
            _facts(step)
            _bar(step.status, extent, step.begun, step.ended)
            if step.failure:
                Tag("p", step.failure, "field-error")
            if step.says:
                Tag("pre", step.says, "says", tabindex="0", aria_label=f"What {step.path} says")
            self._values(step)
            for one in row.below:
                self._below(one, extent)
            if not step.is_note:
                self._more(step)

    def _values(self, step: Step) -> None:
        for name, text in (("input", step.arguments), ("output", step.output)):
            if text:
                with Tag("details"):
                    Tag("summary", name)
                    Tag("pre", text, tabindex="0")
        if step.artifact:
            large_link(self._run, "output", step.artifact)

    def _below(self, one: Below, extent: Extent) -> None:
        with Tag("div", "", "below"):
            with Tag("div", "", "row"):
                link(f"run {one.run} of {one.routine}", f"/runs/{one.run}")
                Tag("span", one.status, f"state {one.status}")
                took = None if one.ended is None else one.ended - one.begun
                Tag("span", length(took), "soft")
            _bar(one.status, extent, one.begun, one.ended)


def _facts(step: Step) -> None:
    with Tag("div", "", "row"):
        Tag("strong", step.path)
        Tag("span", step.type, "soft")
        words = "goes on" if step.status == "begun" else step.status
        Tag("span", words, f"state {_colour(step.status)}")
        if step.given_up:
            Tag("span", "done anew since", "state off")
        if step.attempt > 1:
            Tag("span", f"attempt {step.attempt}", "soft")
        if step.status == "begun" and step.begun is not None:
            with Tag("span", "began ", "soft"):
                moment(step.begun, since=True)
        else:
            Tag("span", length(step.seconds), "soft")


def _bar(status: str, extent: Extent, begun: float | None, ended: float | None) -> None:
    """From when to when within the run; it grows by itself while it goes on."""
    first = begun or ended or extent[0]  # what is over at once was not noted when it began
    known = {"begin": extent[0], "end": extent[1], "from": first, "to": ended}
    given = {name: at for name, at in known.items() if at is not None}
    bar = Tag("vrooli-span", "", f"bar {_colour(status)}", aria_hidden="true")
    for name, at in given.items():  # `from` is no name of an argument
        bar.props[name] = at


def _colour(status: str) -> str:
    return "running" if status == "begun" else status


def _about(seen: RunSeen) -> str:
    if not seen.steps.shown:
        return "None has begun."
    before = seen.steps.before
    return f"{before:,} earlier ones are not shown." if before else ""
