"""Files that were put back, and having that undone."""

from collections.abc import Sequence
from functools import partial

from vrooli.console.page import View
from vrooli.console.parts.backups_told import PutBack
from vrooli.console.parts.doing import Doing
from vrooli.console.parts.forms import Fields, Form, barred, button, why_not
from vrooli.console.parts.html import Tag, moment
from vrooli.console.parts.restore_lines import Lines

_SAID = {
    "restored": "was put back to",
    "undone": "is as it was before it was put back to",
    "restoring": "is being put back to",
    "undoing": "is being taken back from",
    "redoing": "is being put back once more to",
}


class Undoing:
    """Each of them with its button; below them what comes of it."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._doing: Doing | None = None

    def end(self) -> None:
        """Where that is shown, below the list."""
        self._doing = Doing(self._view)

    def show(self, seen: Sequence[PutBack]) -> None:
        """The list."""
        if not seen:
            return
        Tag("h2", "Files that were put back")
        with Tag("ul", "", "cards put-back"):
            for one in seen:
                with Tag("li", "", "card"):
                    self._one(one)

    def _one(self, one: PutBack) -> None:
        with Tag("p", ""):
            Tag("strong", one.name)
            Tag("span", f" {_SAID.get(one.state, one.state)} {one.point}, ")
            moment(one.at, since=True)
        if one.cut_short:
            Tag(
                "p",
                "Where nothing goes on, it was cut short: undo it, or do it again.",
                "soft",
            )
        if one.kept:
            Tag("p", "What was there until then is kept:", "soft")
            with Tag("ul", "", "where"):
                for path in one.kept:
                    Tag("li", path)
                if one.more:
                    Tag("li", f"and {one.more} more")
        text = "Put it back once more" if one.state == "undone" else "Undo it"
        button(text, partial(self._ask, one, text), why_not=why_not(self._view))

    async def _ask(self, one: PutBack, text: str) -> None:
        doing = self._doing
        if doing is not None and not doing.busy:
            doing.show(lambda: self._offer(doing, one, text))

    def _offer(self, doing: Doing, one: PutBack, text: str) -> None:
        async def confirmed(said: Fields) -> None:
            await doing.trying(partial(self._undo, doing, one.name, said.get("confirm", "")))

        with Tag("div", "", "offer"):
            Tag("h3", f"{text}: {one.name}")
            Tag("p", "What is there now is moved aside in its turn, and nothing is removed.")
            form = Form(confirmed, "row")
            form.field("confirm", f"Type {one.name} to confirm", required="")
            with form:
                Tag("button", text, "danger", type="submit", **barred(self._view))
                leave = Tag("button", "Leave it", "", type="button")
                leave.on("click", doing.clear, args=[])

    async def _undo(self, doing: Doing, name: str, typed: str) -> None:
        doing.say("It is asked for", "soft")
        lines, watchdog = Lines(doing), self._view.acting.watchdog
        begin = partial(watchdog.restore_files, name, undo=True, confirm=typed)
        fine = bool((await lines.follow(begin)).get("ok"))
        if fine:
            lines.end("It is done.", "ok")
        else:
            lines.end("It did not work out; what was done before that is.", "critical")
