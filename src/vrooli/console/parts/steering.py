"""Start, stop and restart a service; each line is shown as it comes."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from vrooli.console.page import View
from vrooli.console.parts.doing import Doing
from vrooli.console.parts.forms import Form, barred, button, why_not
from vrooli.console.parts.html import Tag
from vrooli.console.parts.standing import listed
from vrooli.console.parts.threads import lines_of
from vrooli.core.amounts import length

OPERATIONS = {"start": "Start", "restart": "Restart", "stop": "Stop"}
_ASKED = ("restart", "stop")
"""They take something away, so they are asked about first."""


def line_of(told: Mapping[str, Any]) -> str:
    """A line of progress, in words; empty for the last one of an operation that is well. Pure."""
    if told.get("done"):
        if told.get("ok"):
            return ""
        problem = told.get("error")
        said = _problem(problem) if isinstance(problem, dict) else ""
        failed = ", ".join(map(str, told.get("failed") or ()))
        return str(said or (f"failed: {failed}" if failed else "failed"))
    message = f": {told['message']}" if told.get("message") else ""
    took = f", {length(float(told['seconds']))}" if told.get("seconds") else ""
    return f"{told.get('service')} {told.get('phase')}{message}{took}"


def _problem(said: Mapping[str, Any]) -> str:
    where, message = str(said.get("where") or ""), str(said.get("message") or "")
    return f"{where}: {message}" if where and message and where not in message else message


def added(shown: list[str], told: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Have a line among those that are shown; how far something was gives way to it."""
    if "bytes_done" in before and shown:
        shown.pop()
    if said := line_of(told):
        shown.append(said)


def also(plan: Mapping[str, Any]) -> str:
    """What an operation would do to others, in words. Pure."""
    stops, without = list(plan.get("stops") or ()), list(plan.get("without") or ())
    starts = list(plan.get("starts") or ())
    said = []
    if stops:
        said.append(f"It stops {_all(stops)} too; a start of it starts them again.")
    if without:
        said.append(f"{_all(without)} must do without it meanwhile.")
    if starts:
        said.append(f"It starts {_all(starts)} too.")
    return " ".join(said) or "Nothing else needs it."


def _all(names: list[str]) -> str:
    return listed(names, most=10)


class Steering:
    """The buttons of one service.

    Args:
        service: its row in `GET /status`.
    """

    def __init__(self, view: View, service: Mapping[str, Any]) -> None:
        self._view, self._name = view, str(service["name"])
        self._external = service["state"] == "external"
        self._doing: Doing | None = None

    def show(self) -> None:
        """The buttons, and below them what comes of them."""
        if self._external:
            Tag("p", "It runs elsewhere, and is started and stopped there.", "soft")
            return
        with Tag("div", "", "row steering"):
            for operation, text in OPERATIONS.items():
                button(text, partial(self._wanted, operation), why_not=why_not(self._view))
        self._doing = Doing(self._view)

    async def _wanted(self, operation: str) -> None:
        doing = self._doing
        if doing is None or doing.busy:
            return
        if operation in _ASKED:
            await doing.trying(partial(self._plan, doing, operation))
        else:
            await doing.trying(partial(self._operate, doing, operation))

    async def _plan(self, doing: Doing, operation: str) -> None:
        watchdog, names = self._view.acting.watchdog, (self._name,)
        text = f"Looking what a {operation} would do"
        plan = await doing.answer(text, lambda: watchdog.operation_plan(operation, names))
        doing.show(lambda: self._offer(doing, operation, also(plan)))

    def _offer(self, doing: Doing, operation: str, others: str) -> None:
        text = OPERATIONS[operation]

        async def confirmed(_: Mapping[str, str]) -> None:
            await doing.trying(partial(self._operate, doing, operation))

        with Tag("div", "", "offer"):
            Tag("p", f"{text} {self._name}? {others}")
            if self._name == "console":
                Tag("p", "This page comes from it, and is gone until it is back.")
            with Form(confirmed, "row"):
                Tag("button", f"{text} it", "danger", type="submit", **barred(self._view))
                leave = Tag("button", "Leave it", "", type="button")
                leave.on("click", doing.clear, args=[])

    async def _operate(self, doing: Doing, operation: str) -> None:
        watchdog = self._view.acting.watchdog
        doing.say(f"{OPERATIONS[operation]} is asked for", "soft")
        shown: list[str] = []
        ended: Mapping[str, Any] = {}

        def begin() -> Iterator[dict[str, Any]]:
            return watchdog.operation(operation, (self._name,))

        before: Mapping[str, Any] = {}
        async for told in lines_of(begin):
            added(shown, told, before)
            before = told
            if told.get("done"):
                ended = told
            doing.show(partial(_lines, list(shown), ended))


def _lines(shown: list[str], ended: Mapping[str, Any]) -> None:
    with Tag("ol", "", "lines"):
        for line in shown:
            Tag("li", line)
    if ended:
        fine = bool(ended.get("ok"))
        Tag(
            "p",
            "Done." if fine else "It did not work out.",
            f"state {'ok' if fine else 'critical'}",
        )
