"""What needs what: the root cause stands out, and what only waits for it is grey."""

from urllib.parse import quote

from vrooli.console.page import Page, View
from vrooli.console.parts.html import Tag
from vrooli.console.parts.live import Live
from vrooli.console.parts.stack_map import HEIGHT, WIDTH, Node, Shape, nodes, shape, verdict


async def build(view: View) -> None:
    """The page."""
    drawing = Drawing(view)
    summary = Live(drawing.summary, _summary)
    whole = Live(lambda: shape(view.feed.health.services), drawing.draw, "div", "map-around")
    # The drawing goes first: it makes the parts anew that are looked at then.
    view.feed.changed.subscribe(whole.look)
    view.feed.changed.subscribe(summary.look)
    view.feed.changed.subscribe(drawing.look)


class Drawing:
    """Nodes and lines; each node follows its service by itself, so that focus stays where it is."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._parts: list[Live[Node | None]] = []
        self._lines: list[tuple[str, str, Tag]] = []

    def summary(self) -> tuple[str, str]:
        """Tone and words."""
        if not self._view.feed.health.services:
            return "", ""
        return verdict(self._nodes())

    def look(self) -> None:
        """After a change of the status."""
        for part in self._parts:
            part.look()
        self._recolour()

    def draw(self, drawn: Shape) -> None:
        """All of it."""
        self._parts, self._lines = [], []
        if not drawn.layers:
            Tag("p", "Nothing is known yet: the watchdog has not answered.", "empty")
            return
        Tag("p", "What is needed stands before what needs it.", "soft")
        with Tag("div", "", "map-scroll", role="region", tabindex="0", aria_label="Map"):
            width, height = drawn.size
            with Tag("div", "", "map").style(f"--w:{width}px;--h:{height}px"):
                self._draw_lines(drawn)
                self._draw_nodes(drawn)
        self._recolour()

    def _draw_lines(self, drawn: Shape) -> None:
        width, height = drawn.size
        box = {"viewBox": f"0 0 {width} {height}", "width": width, "height": height}
        with Tag("svg", "", "map-lines", aria_hidden="true", **box):
            for need, name, path in drawn.edges():
                self._lines.append((need, name, Tag("path", "", "map-line", d=path)))

    def _draw_nodes(self, drawn: Shape) -> None:
        at = drawn.places()
        with Tag("ol", "", "map-layers", aria_label="Services, what is needed first"):
            for number, layer in enumerate(drawn.columns(), start=1):
                with Tag("li", "", "map-layer"):
                    Tag("span", "Needs nothing" if number == 1 else f"Step {number}", "map-step")
                    with Tag("ul"):
                        for name in layer:
                            self._draw_node(name, at[name])

    def _draw_node(self, name: str, at: tuple[int, int]) -> None:
        part = Live(lambda: self._nodes().get(name), _node, "li", "map-place")
        part.around.style(f"--x:{at[0]}px;--y:{at[1]}px;--nw:{WIDTH}px;--nh:{HEIGHT}px")
        self._parts.append(part)

    def _recolour(self) -> None:
        """The lines between who waits and for what."""
        found = self._nodes()
        for need, name, line in self._lines:
            node = found.get(name)
            waits = node is not None and need in node.waits_for
            line.classes(add="waits" if waits else "", remove="" if waits else "waits")

    def _nodes(self) -> dict[str, Node]:
        return nodes(self._view.feed.health.services)


def _summary(said: tuple[str, str]) -> None:
    tone, words = said
    if words:
        Tag("p", words, f"verdict {tone}", role="status")


def _node(node: Node | None) -> None:
    if node is None:
        return
    root = " root" if node.is_root else ""
    with Tag("a", "", f"map-node {node.tone}{root}", href=f"/services/{quote(node.name, safe='')}"):
        Tag("strong", node.name)
        Tag("span", node.state, "map-state")
        if node.note:
            Tag("span", node.note, "map-note")
        if node.needs:
            Tag("span", f"needs {', '.join(node.needs)}", "map-needs")


PAGE = Page("/map", "Map", "account_tree", build, order=10)
