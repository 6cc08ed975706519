"""One run: where it is and why, its steps as a tree with bars over time, budgets, and what can be
done with it.
"""

import time
from collections.abc import Callable
from typing import Any

from nicegui import ui

from vrooli.console.page import Page, View
from vrooli.console.parts.asked import Asked, act
from vrooli.console.parts.deciding import show_approval
from vrooli.console.parts.forms import button
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.numbers import length
from vrooli.console.parts.run_seen import (
    ENDED,
    Step,
    budgets_seen,
    steps_seen,
    text_of,
)

Seen = dict[str, Any]


async def build(view: View) -> None:
    """The page."""
    run = view.path["id"]
    asked: Asked[Seen] = Asked(view, lambda: _seen(view, run))
    Tag("h1", f"Run {run}")
    asked.show_trouble()
    asked.show(lambda seen: _head(view, seen, asked), "section", "panel", _state)
    asked.show(lambda seen: _questions(view, seen, asked), of=lambda seen: seen["approvals"])
    asked.show(_steps, "section", of=lambda seen: (seen["steps"], seen["below"], _state(seen)))
    asked.show(_budgets, "section", of=lambda seen: seen["run"]["budget"])
    asked.show(_texts, "section", of=_state)
    await asked.begin()


def _seen(view: View, run: str) -> Seen:
    work = view.acting.work
    found = work.run(run)
    over = found["status"] in ENDED
    open_ones = [] if over else work.approvals(run=run, status="pending", limit=20)["approvals"]
    return {
        "run": found,
        "steps": work.steps(run, whole=False),
        "why": work.why(run),
        "approvals": open_ones,
        "below": work.runs(parent=run, limit=50)["runs"],
    }


def _state(seen: Seen) -> object:
    """Without what goes on by itself: the time that is spent."""
    run = {key: value for key, value in seen["run"].items() if key != "budget"}
    return run, seen["why"]


def _head(view: View, seen: Seen, asked: Asked[Seen]) -> None:
    run, why = seen["run"], seen["why"]
    with Tag("p"):
        Tag("span", run["status"], f"state {run['status']}")
        Tag("span", " of ")
        link(run["routine"], f"/routines/{run['routine']}")
        Tag("span", f", started by {run['created_by'] or 'nobody'} ")
        moment(run["created_at"], since=True)
    with Tag("p", "", "why", aria_live="polite"):
        Tag("strong", "Why it is there: ")
        Tag("span", why["says"])
        if why.get("since"):
            Tag("span", ", since ")
            moment(why["since"], since=True)
    if why.get("next_step") and run["status"] not in ENDED:
        Tag("p", f"Next: {why['next_step']}", "soft")
    if run.get("parent"):
        link(f"started by run {run['parent']}", f"/runs/{run['parent']}")
    _controls(view, run, asked)


def _controls(view: View, run: Seen, asked: Asked[Seen]) -> None:
    work, own = view.acting, run["id"]
    status = run["status"]
    with Tag("div", "", "row"):
        if status in ("pending", "running", "waiting"):
            _button(view, asked, "Pause", lambda: work.work.pause(own))
        if status == "paused":
            _button(view, asked, "Resume", lambda: work.work.resume(own))
        if status in ("failed", "cancelled"):
            _button(view, asked, "Retry", lambda: work.work.retry(own))
        if status not in ENDED:
            _button(view, asked, "Cancel", lambda: work.work.cancel(own), sure=True)


def _button(
    view: View, asked: Asked[Seen], text: str, question: Callable[[], object], *, sure: bool = False
) -> None:
    async def go() -> None:
        if sure and not await _is_sure(text):
            return
        await act(view, text, question)
        await asked.ask()

    button(view, text, go, "danger" if sure else "")


async def _is_sure(text: str) -> bool:
    with ui.dialog() as dialog, ui.card():
        Tag("h2", f"{text} this run?")
        Tag("p", "All that it started ends with it. Completed steps stay as they are.")
        with Tag("div", "", "row"):
            yes = Tag("button", f"{text} it", "danger", type="button")
            yes.on("click", lambda: dialog.submit(True))
            no = Tag("button", "Leave it", "", type="button")
            no.on("click", lambda: dialog.submit(False))
    sure = bool(await dialog)
    dialog.delete()
    return sure


def _questions(view: View, seen: Seen, asked: Asked[Seen]) -> None:
    for one in seen["approvals"]:
        show_approval(view, one, asked)


def _steps(seen: Seen) -> None:
    Tag("h2", "Steps")
    steps = steps_seen(seen["run"], seen["steps"], time.time())
    if not steps:
        Tag("p", "None has begun.", "empty")
    with Tag("ol", "", "steps"):
        for step in steps:
            _step(step)
    if seen["below"]:
        Tag("h3", "Runs that it started")
        with Tag("ul"):
            for run in seen["below"]:
                with Tag("li"):
                    link(f"{run['routine']} {run['id']}", f"/runs/{run['id']}")
                    Tag("span", run["status"], f"state {run['status']}")


def _step(step: Step) -> None:
    with Tag("li", "", "step").style(f"--depth: {step.depth}"):
        with Tag("div", "", "row"):
            Tag("strong", step.path)
            Tag("span", step.type, "soft")
            words = "goes on" if step.status == "begun" else step.status
            Tag("span", words, f"state {_colour(step.status)}")
            again = f"attempt {step.attempt}, " if step.attempt > 1 else ""
            Tag("span", f"{again}{length(step.seconds)}", "soft")
        bar = Tag("span", "", f"bar {_colour(step.status)}")
        bar.style(f"margin-left: {step.left}%; width: {min(step.width, 100 - step.left)}%")
        if step.failure:
            Tag("p", step.failure, "field-error")
        for name, text in (("input", step.arguments), ("output", step.output)):
            if text:
                with Tag("details"):
                    Tag("summary", name)
                    Tag("pre", text, tabindex="0")


def _colour(status: str) -> str:
    return "running" if status == "begun" else status


def _budgets(seen: Seen) -> None:
    Tag("h2", "Budget")
    with Tag("dl", "", "facts"):
        for row in budgets_seen(seen["run"]):
            Tag("dt", row.name)
            with Tag("dd"):
                Tag("span", row.text)
                if row.spent or row.reserved:
                    with Tag("span", "", "budget", aria_hidden="true"):
                        Tag("span", "", "spent").style(f"width: {row.spent}%")
                        Tag("span", "", "reserved").style(f"width: {row.reserved}%")


def _texts(seen: Seen) -> None:
    run = seen["run"]
    Tag("h2", "Inputs and output")
    for name, text in (("inputs", text_of(run["inputs"])), ("output", text_of(run["output"]))):
        if text:
            Tag("h3", name)
            Tag("pre", text, tabindex="0")
    if run.get("failure"):
        Tag("p", f"{run['failure']['reason']} ({run['failure']['kind']})", "trouble")


PAGE = Page("/runs/{id}", "Run", "play_circle", build, own_heading=True)
