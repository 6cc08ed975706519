"""What happens in a run, a line for each event: for files, pipes, and whoever reads no tree."""

from collections.abc import Callable, Mapping
from typing import Any, TextIO

from vrooli.cli import render
from vrooli.cli.run_tree import approval_says, stands_after
from vrooli.client.run_names import part_of

SIGNS = {"completed": "✓", "failed": "✗", "cancelled": "✗", "begun": "▸"}


class RunLines:
    """Of one run, and of those that it started, which are named before what happens in them: by the
    step that did, those of a swarm by their task.

    Args:
        run: id.
        say: writes a line.
        to: where those go: a terminal has colours.
    """

    def __init__(self, run: str, say: Callable[[str], None], to: TextIO) -> None:
        self._run, self._say, self._to = run, say, to
        self._names = {run: ""}

    def tell(self, event: Mapping[str, Any]) -> None:
        """It happened."""
        what, _, word = event["kind"].partition(".")
        run = event["run"]
        if run not in self._names:
            self._names[run] = self._name(event)
        within = self._names[run]
        if what == "approval":
            sign, says = (
                "?" if word == "asked" else "·",
                render.as_called(approval_says(event, word)),
            )
            self._say(f"  {sign} {within}{event['path']}  {says}")
        elif what == "run" and (stands := stands_after(event, word)):
            reason = f": {event['reason']}" if event.get("reason") else ""
            self._say(f"  · {within}{stands}{reason}")
        elif what in ("step", "note"):
            again = f" (attempt {event['attempt']})" if event["attempt"] > 1 else ""
            sign = render.paint(SIGNS.get(word, "·"), word, self._to)
            self._say(f"  {sign} {within}{event['path']}  {event['type']}{again}")

    def _name(self, event: Mapping[str, Any]) -> str:
        """Of a run that is new here, behind that of the one which started it."""
        if not (event.get("parent") and event.get("path")):
            return f"run {event['run']}: "
        return f"{self._names.get(event['parent'], '')}{part_of(str(event['path']))}: "
