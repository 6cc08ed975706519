"""Restore points as a table: what each holds, what became of its proof."""

from collections.abc import Sequence
from urllib.parse import urlencode

from vrooli.console.parts.backups_told import Point
from vrooli.console.parts.html import Tag, link, moment

_TITLES = (
    *(("Taken", ""), ("Of", ""), ("Holds", "number"), ("Stored", "number")),
    *(("Took", "number"), ("State", "")),
)


def show_points(points: Sequence[Point]) -> None:
    """The newest first."""
    around = {"role": "region", "tabindex": "0", "aria_label": "Restore points"}
    with Tag("div", "", "scroll", **around), Tag("table", "", "points"):
        with Tag("thead"), Tag("tr"):
            for words, classes in _TITLES:
                Tag("th", words, classes, scope="col")
            with Tag("th", scope="col"):
                Tag("span", "Go back", "unseen")
        with Tag("tbody"):
            for one in points:
                with Tag("tr"):
                    _row(one)


def _row(one: Point) -> None:
    with Tag("td"):
        moment(one.taken, since=True)
        Tag("div", one.id, "soft id")
    Tag("td", ", ".join(one.services))
    Tag("td", one.size, "number")
    Tag("td", one.stored, "number")
    Tag("td", one.took, "number")
    with Tag("td"):
        _state(one)
        if one.left_out:
            Tag("div", f"not in it: {one.left_out}", "message")
    with Tag("td"):
        to = f"/backups?{urlencode({'point': one.id})}#go-back"
        link("Go back", to, "button").props["aria-label"] = f"Go back to {one.id}"


def _state(one: Point) -> None:
    """What became of its proof; what held then, or why it did not, folded in."""
    if not one.proved:
        Tag("span", one.state, f"state {one.level}")
        Tag("div", "nobody looked whether it works", "soft")
        return
    with Tag("details", "", "proof"):
        with Tag("summary"):
            Tag("span", one.state, f"state {one.level}")
        if one.why:
            Tag("p", one.why, "message")
        if one.held:
            with Tag("ul", ""):
                for line in one.held:
                    Tag("li", line)
        with Tag("p", "", "soft"):
            Tag("span", "looked at ")
            moment(one.proved)
