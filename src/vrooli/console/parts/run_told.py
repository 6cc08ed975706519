"""What is said of a run: where it is, what happened, what its models say, what it may spend."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from vrooli.console.parts.asked import Showing
from vrooli.console.parts.events_seen import Happened, by_name
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.live import Live
from vrooli.console.parts.rows import Rows
from vrooli.console.parts.run_files import large_link
from vrooli.console.parts.run_seen import ENDED, budgets_seen, state_of, text_of
from vrooli.console.run_feed import RunFeed, RunSeen

Spoken = tuple[str, str]
"""Where a model speaks, and what."""

Line = tuple[Happened, str]
"""What happened, and what the run is called in which it did; empty where that is not known."""


def show_head(seen: RunSeen, controls: Callable[[RunSeen], None]) -> None:
    """Where it is, and why; below that `controls`."""
    run, why = seen.run, seen.why
    with Tag("p"):
        Tag("span", state_of(run), f"state {state_of(run)}")
        Tag("span", " of ")
        link(run["routine"], f"/routines/{run['routine']}?version={run['version']}")
        Tag("span", f", version {run['version'][:12]}, started by {run['created_by'] or 'nobody'} ")
        moment(run["created_at"], since=True)
    with Tag("p", "", "why", aria_live="polite"):
        Tag("strong", "Why it is there: ")
        Tag("span", why["says"])
        if why.get("since"):
            Tag("span", ", since ")
            moment(why["since"], since=True)
    if state_of(run) == "pausing":
        Tag("p", "It pauses as soon as what is under way has ended; nothing new begins.", "soft")
    if why.get("next_step") and not why["moving"] and run["status"] not in ENDED:
        how = "On the command line" if "`vrooli" in why["next_step"] else "Next"
        Tag("p", f"{how}: {why['next_step']}", "soft")
    if run.get("parent"):
        with Tag("p"):
            link(f"started by run {run['parent']}", f"/runs/{run['parent']}")
    if run.get("forked_from"):
        with Tag("p"):
            said = f"forked from run {run['forked_from']} at {run['forked_path']}"
            link(said, f"/runs/{run['forked_from']}")
    controls(seen)


def show_spoken(shown: Showing[RunSeen], feed: RunFeed) -> None:
    """What models say just now, as plain text; nothing where none does."""
    with Tag("section", "", "spoken"):
        heading = Live(lambda: bool(feed.spoken), _spoken_heading)
        rows: Rows[str, Spoken] = Rows(_speaks, "div", row="article", row_classes="panel")

    def look(_: RunSeen) -> None:
        heading.look()
        rows.show((path, (path, said.shown)) for path, said in feed.spoken.items())

    shown.hand(look)


def _spoken_heading(speaks: bool) -> None:
    if speaks:
        Tag("h2", "What a model says just now")


def _speaks(one: Spoken) -> None:
    path, text = one
    Tag("h3", path)
    # From its end: what comes last is seen without scrolling.
    with Tag("div", "", "tail", tabindex="0", role="region", aria_label=f"What {path} says"):
        Tag("pre", text)


def show_events(shown: Showing[RunSeen], feed: RunFeed) -> None:
    """What happened, the newest last."""
    with Tag("section"):
        Tag("h2", "What happened")
        about = Tag("p", "", "soft")
        with Tag("div", "", "tail", tabindex="0", role="region", aria_label="Events"):
            rows: Rows[int, Line] = Rows(_event, "ol", "events", aria_live="off")

    def look(_: RunSeen) -> None:
        names = feed.names()
        rows.show((one.seq, _line(one, names)) for one in feed.events)
        about.text = _about(feed)

    shown.hand(look)


def _about(feed: RunFeed) -> str:
    if not feed.events:
        return "Nothing yet."
    first = feed.events[0].seq
    said = "With the runs that it started, the newest last."
    return said if first == 1 else f"{said} Those before number {first} are not shown."


def _line(one: Happened, names: Mapping[str, str]) -> Line:
    return replace(one, words=by_name(one.words, names)), names.get(one.run, "")


def _event(line: Line) -> None:
    one, name = line
    Tag("span", f"{one.seq}", "number", aria_label=f"number {one.seq}")
    moment(one.at)
    with Tag("span", "", f"said {one.state}"):
        if one.run:
            run = f"run {one.run}"
            Tag("a", name or run, href=f"/runs/{one.run}", title=run)
            Tag("span", ": ")
        Tag("span", one.words)


def show_budgets(seen: RunSeen) -> None:
    """What it may spend, with all below it."""
    Tag("h2", "Budget")
    with Tag("dl", "", "facts"):
        for row in budgets_seen(seen.run):
            Tag("dt", row.name)
            with Tag("dd"):
                Tag("span", row.text)
                if row.until:
                    Tag("span", "; at this pace all of it by ")
                    moment(row.until)
                if row.spent or row.reserved:
                    with Tag("span", "", "budget", aria_hidden="true"):
                        Tag("span", "", "spent").style(f"width: {row.spent}%")
                        Tag("span", "", "reserved").style(f"width: {row.reserved}%")


def show_texts(run_id: str, seen: RunSeen) -> None:
    """With what it began, and what it came to."""
    run = seen.run
    Tag("h2", "Inputs and output")
    for name, text in (("inputs", text_of(run["inputs"])), ("output", text_of(run["output"]))):
        if text:
            Tag("h3", name)
            Tag("pre", text, tabindex="0")
    if run.get("artifact"):
        large_link(run_id, "output", (run["artifact"]["sha256"], run["artifact"]["bytes"]))
    if run.get("failure"):
        Tag("p", f"{run['failure']['reason']} ({run['failure']['kind']})", "trouble")
