"""What is written on a swarm, in its room: the plan, the policy, and what stands on its blackboard.
People change it, look at what it was, and put that back.
"""

from vrooli.client.swarm_texts import documents
from vrooli.console.page import View
from vrooli.console.parts.asked import Showing
from vrooli.console.parts.forms import button, why_not
from vrooli.console.parts.html import Tag
from vrooli.console.parts.rows import Rows
from vrooli.console.parts.swarm_editor import Editor, New
from vrooli.console.parts.swarm_versions import Versions
from vrooli.console.run_feed import RunFeed, RunSeen

Head = tuple[str, int, str, bool]
"""Name, newest version, by whom, and whether it may be changed by who looks."""


def show_writing(view: View, feed: RunFeed, shown: Showing[RunSeen]) -> None:
    """Each document in a row of its own, which stays while others write."""
    with Tag("section"):
        Tag("h2", "Change it, or look back")
        documents_ = _Documents(view, feed)
        shown.hand(documents_.look)
        shown.show(documents_.new, of=documents_.may, quiet=True)


class _Documents:
    def __init__(self, view: View, feed: RunFeed) -> None:
        self._view, self._feed = view, feed
        self._heads = dict[str, Rows[str, Head]]()
        self._rows: Rows[str, str] = Rows(
            self._document, "div", row="article", row_classes="written"
        )

    def may(self, seen: RunSeen) -> bool:
        """Whether who looks may write on it now."""
        return not why_not(self._view) and not seen.ended and seen.swarm is not None

    def look(self, seen: RunSeen) -> None:
        """How each stands."""
        found, may = documents(seen.swarm) if seen.swarm else [], self.may(seen)
        self._rows.show((one[0], one[0]) for one in found)
        for one in found:
            self._heads[one[0]].show([(one[0], (*one, may))])

    def new(self, seen: RunSeen) -> None:
        """A form for what is not there yet."""
        if self.may(seen):
            New(self._view, self._feed)

    def _document(self, name: str) -> None:
        def head(one: Head) -> None:
            _, version, by, may = one
            Tag("strong", name)
            Tag("span", f"version {version}, by {by or 'nobody'}", "soft")
            if may:
                button("Change ...", editor.open)

        self._heads[name] = Rows(head, "div", row="div", row_classes="row")
        editor = Editor(self._view, self._feed, name)
        Versions(self._view, self._feed, name)
