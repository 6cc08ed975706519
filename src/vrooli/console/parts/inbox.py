"""What waits for a person's word: how many, which, and answers to several of them together."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui.events import GenericEventArguments

from vrooli.client.approval_texts import named
from vrooli.client.work import WorkClient
from vrooli.console.page import View
from vrooli.console.parts.asked import Asked
from vrooli.console.parts.deciding import (
    LONGEST,
    show_answers,
    show_approval,
    show_question,
)
from vrooli.console.parts.dialogs import is_sure
from vrooli.console.parts.for_people import for_people
from vrooli.console.parts.forms import barred
from vrooli.console.parts.html import Tag, link, notify
from vrooli.console.parts.live import Live
from vrooli.console.parts.rows import Rows
from vrooli.console.parts.together import Came, Ticked, decide, left, show_came

Approval = Mapping[str, Any]

SHOWN = 50
"""Open approvals on the page, the newest."""

EVERY = 0.9
"""Seconds between two looks at how many wait."""

CHOSEN = """(e) => emit({
  ids: [...document.querySelectorAll(".inbox .pick:checked")].map((one) => one.value),
  why: document.querySelector(".together textarea").value,
})"""
"""What a button for several hands over: which are chosen, and the reason."""

TICKED = "(e) => emit(e.target.checked)"
"""What a check box hands over."""

ALL = """(e) => document.querySelectorAll(".inbox .pick:not(.others)").forEach((one) => {
  if (one.checked === e.target.checked) return;
  one.checked = e.target.checked;
  one.dispatchEvent(new Event("change"));
})"""
"""Chooses all that are asked of whoever looks. An admin sees those of others, and chooses each."""


def counted(count: int) -> str:
    """How many wait, as it stands in the menu; empty for none. Pure."""
    if not count:
        return ""
    return str(count) if count < 100 else "99+"


def waiting_said(approvals: int, tasks: int) -> str:
    """What that number counts, in words. Pure."""
    counts = ((approvals, "question{}"), (tasks, "task{} for a person"))
    words = (f"{count} {what.format('s' * (count > 1))}" for count, what in counts if count)
    return " and ".join(words)


def show_count(view: View) -> None:
    """How many wait, in the menu: questions, and tasks that a person does."""
    asked: Asked[dict[str, Any]] = Asked(
        view, lambda: view.acting.work.open_approvals(), EVERY, key="open"
    )
    tasks = for_people(view)

    def numbers() -> tuple[int, int]:
        return (int(asked.answer["count"]) if asked.answer else 0, len(tasks.answer or ()))

    def build(counts: tuple[int, int]) -> None:
        if text := counted(sum(counts)):
            Tag("span", text, "count", title=waiting_said(*counts))
            Tag("span", " waiting", "unseen")

    number = Live(numbers, build, "span", "waiting")
    for one in (asked, tasks):
        one.follow(number.look)
        one.start()


@dataclass(frozen=True, slots=True)
class Open:
    """Those that wait.

    Attributes:
        rows: the newest that wait for whoever looks, `SHOWN` at most.
        count: of all of these.
        others: the newest that were handed on, and wait for somebody else.
    """

    rows: Sequence[Approval]
    count: int
    others: Sequence[Approval] = ()


class Waiting:
    """Those that wait, read anew only when others do.

    Args:
        view: of the page.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._known: tuple[object, Open] | None = None
        self._ticked = Ticked()
        self.asked: Asked[Open] = Asked(view, self._question, EVERY, key="waiting")
        self._then: list[Callable[[], Awaitable[None]]] = [self.asked.ask]

    def then(self, do: Callable[[], Awaitable[None]]) -> None:
        """Do that after each answer."""
        self._then.append(do)

    def show(self) -> None:
        """The list, with what is done with several above it."""
        self.asked.show_trouble()
        self._place = Tag("div")  # for dialogs: the list changes while they are open
        self._came = Tag("div")
        self.asked.show(self._head, of=lambda found: min(len(found.rows), 2))
        rows: Rows[str, Approval] = Rows(self._row, "div", "inbox", row="article")
        self.asked.hand(lambda found: rows.show((one["id"], one) for one in found.rows))
        self.asked.show(_more, of=lambda found: found.count - len(found.rows), quiet=True)
        self.asked.show(_handed_on, of=lambda found: bool(found.others), quiet=True)
        others: Rows[str, Approval] = Rows(
            lambda one: show_approval(self._view, one, self._answered), "div", row="div"
        )
        self.asked.hand(lambda found: others.show((one["id"], one) for one in found.others))

    def _question(self) -> Open:
        work: WorkClient = self._view.acting.work
        stamp = work.open_approvals()
        if self._known is None or self._known[0] != stamp:
            mine, others = (
                work.approvals(status="pending", asked=of, limit=SHOWN)["approvals"]
                for of in ("me", "others")
            )
            self._known = stamp, Open(mine, int(stamp["count"]), others)
        return self._known[1]

    def _head(self, found: Open) -> None:
        if not found.rows:
            with Tag("div", "", "empty"):
                Tag("p", "No question waits for you.")
                link("All runs", "/runs")
        elif len(found.rows) > 1:
            self._together()

    def _together(self) -> None:
        with Tag("section", "", "panel together"):
            Tag("h2", "Several together")
            with Tag("div", "", "row"):
                every = Tag("input", "", type="checkbox", id="pick-all")
                every.on("change", js_handler=ALL)
                Tag("label", "Choose all that are asked of you", "beside", for_="pick-all")
            Tag("label", "Reason for those that are chosen (optional)", for_="reason-all")
            Tag("textarea", "", "reason", id="reason-all", rows=1, maxlength=LONGEST)
            with Tag("div", "", "row"):
                for text, approved, classes in (
                    ("Approve those chosen ...", True, "main"),
                    ("Reject those chosen ...", False, "danger"),
                ):
                    made = Tag("button", text, classes, type="button", **barred(self._view))
                    made.on("click", self._answer(approved), js_handler=CHOSEN)
            self._said = Tag("p", "", "said", aria_live="polite")

    def _row(self, one: Approval) -> None:
        with Tag("div", "", "panel approval"):
            with Tag("div", "", "row"):
                own = f"pick-{one['id']}"
                about = {"id": own, "value": one["id"], **self._ticked.drawn(one)}
                mine = one["asked_of"] == self._view.acting.person.name
                box = Tag("input", "", "pick" if mine else "pick others", type="checkbox", **about)
                box.on("change", self._tick(one), js_handler=TICKED)
                Tag("label", "Choose it", "beside", for_=own)
            show_question(self._view, one)
            show_answers(self._view, one, self._answered_alone(one))

    def _tick(self, one: Approval) -> Callable[[GenericEventArguments], None]:
        return lambda event: self._ticked.tick(one, on=event.args is True)

    def _answer(self, approved: bool) -> Callable[[GenericEventArguments], Any]:
        async def answer(event: GenericEventArguments) -> None:
            said = event.args if isinstance(event.args, dict) else {}
            rows = self.asked.answer.rows if self.asked.answer else ()
            found, gone = self._ticked.taken(rows, list(said.get("ids") or [])[:SHOWN])
            if not found and not gone:
                self._said.text = "None is chosen."
            else:
                with self._place:
                    why = str(said.get("why") or "")[:LONGEST]
                    await self._decide(found, gone, approved, why)

        return answer

    async def _decide(
        self, found: Sequence[Approval], gone: Sequence[Approval], approved: bool, why: str
    ) -> None:
        if found and not await _is_sure(found, approved):
            return
        work, me = self._view.acting.work, self._view.acting.person.name

        def ask() -> Came:
            done, others = decide(work, found, approved, why)
            return Came(done, (*others, *left(work, gone, me)))

        came = await self._view.acting.ask(ask)
        self._ticked.clear()
        self._came.clear()
        with self._came:
            show_came(came, approved)
        if came.done:
            notify(came.said(approved), type="warning" if came.others else "positive")
        await self._answered()

    def _answered_alone(self, one: Approval) -> Callable[[], Awaitable[None]]:
        async def answered() -> None:
            self._ticked.tick(one, on=False)
            await self._answered()

        return answered

    async def _answered(self) -> None:
        for do in self._then:
            await do()


def _more(found: Open) -> None:
    if found.count > len(found.rows):
        Tag("p", f"{found.count - len(found.rows)} older ones come when these are decided.", "soft")


def _handed_on(found: Open) -> None:
    if found.others:
        Tag("h2", "Handed on")
        Tag("p", "Somebody else is asked. You may decide these still, or take them back.", "soft")


async def _is_sure(chosen: Sequence[Approval], approved: bool) -> bool:
    text, classes = ("Approve", "main") if approved else ("Reject", "danger")

    def build() -> None:
        with Tag("ul"):
            for one in chosen:
                Tag("li", named(one))

    answers = (f"{text} them", "Leave them")
    return await is_sure(f"{text} {len(chosen)}?", build, answers, classes)
