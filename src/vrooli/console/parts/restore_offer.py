"""What going back would do to one service, or to some files."""

from vrooli.console.parts.html import Tag, moment
from vrooli.console.parts.restore_plan import Part


def offered(one: Part) -> None:
    """All that is known of it."""
    with Tag("section", "", "part"):
        with Tag("h4", ""):
            Tag("span", one.service)
            Tag("span", one.state, f"state {one.level}")
        with Tag("p", ""):
            Tag("span", "as it was ")
            moment(one.taken, since=True)
            Tag("span", f" ({one.point})" + (", then its WAL: " if one.follows else ""))
            if one.follows:
                Tag("span", one.follows if one.follows != "latest" else "all that was received")
        Tag("p", one.facts, "soft")
        with Tag("p", ""):
            Tag("strong", "What was written since ")
            moment(one.lost_since)
            Tag("span", " (")
            moment(one.lost_since, since=True)
            Tag("span", ") is not in it.")
        if one.of_files:
            _differing(one)
        with Tag("ul", ""):
            for step in one.steps:
                Tag("li", step)
            if one.stops:
                Tag("li", f"stop, and start again: {', '.join(one.stops)}")
        if one.by_hand:
            Tag("p", "It is not put back from here, but by")
            Tag("pre", one.by_hand)
        if one.refused:
            with Tag("div", "", "trouble"):
                Tag("p", one.refused[0])
                Tag("p", f"Next: {one.refused[1]}", "next")


def _differing(one: Part) -> None:
    if not one.shown:
        Tag("p", one.differs)
        return
    with Tag("details", "", "differing"):
        Tag("summary", one.differs)
        Tag("pre", "\n".join(one.shown))
        Tag("p", "~ changed, - missing now, + came since, ! could not be read then", "soft")
