"""A graph as it is drawn: boxes in layers, with lines behind them."""

from collections.abc import Callable, Mapping

from vrooli.console.parts.html import Tag
from vrooli.console.parts.live import Live
from vrooli.console.parts.stack_map import HEIGHT, WIDTH, Node, Shape


class Drawing:
    """Nodes and lines; each node follows what it stands for by itself, so that focus stays where it
    is.

    Args:
        nodes: what is known of each now, by name.
        to: where a node leads; empty for nowhere.
        names: of the whole, and of the list of its nodes, for who hears the page.
    """

    def __init__(
        self,
        nodes: Callable[[], Mapping[str, Node]],
        to: Callable[[Node], str],
        names: tuple[str, str],
    ) -> None:
        self._nodes, self._to, self._names = nodes, to, names
        self._parts: list[Live[tuple[Node, str] | None]] = []
        self._lines: list[tuple[str, str, Tag]] = []

    def look(self) -> None:
        """After a change of what is known."""
        for part in self._parts:
            part.look()
        self._recolour()

    def draw(self, drawn: Shape) -> None:
        """All of it; nothing where there is no node."""
        self._parts, self._lines = [], []
        if not drawn.layers:
            return
        with Tag("div", "", "map-scroll", role="region", tabindex="0", aria_label=self._names[0]):
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
        with Tag("ol", "", "map-layers", aria_label=self._names[1]):
            for number, layer in enumerate(drawn.columns(), start=1):
                with Tag("li", "", "map-layer"):
                    Tag("span", "Needs nothing" if number == 1 else f"Step {number}", "map-step")
                    with Tag("ul"):
                        for name in layer:
                            self._draw_node(name, at[name])

    def _draw_node(self, name: str, at: tuple[int, int]) -> None:
        part = Live(lambda: self._seen(name), _node, "li", "map-place")
        part.around.style(f"--x:{at[0]}px;--y:{at[1]}px;--nw:{WIDTH}px;--nh:{HEIGHT}px")
        self._parts.append(part)

    def _seen(self, name: str) -> tuple[Node, str] | None:
        node = self._nodes().get(name)
        return (node, self._to(node)) if node else None

    def _recolour(self) -> None:
        """The lines between who waits and for what."""
        found = self._nodes()
        for need, name, line in self._lines:
            node = found.get(name)
            waits = node is not None and need in node.waits_for
            line.classes(add="waits" if waits else "", remove="" if waits else "waits")


def _node(seen: tuple[Node, str] | None) -> None:
    if seen is None:
        return
    node, to = seen
    classes = f"map-node {node.tone}{' root' if node.is_root else ''}"
    with Tag("a", "", classes, href=to) if to else Tag("div", "", classes):
        Tag("strong", node.name)
        Tag("span", node.state, "map-state")
        if node.note:
            Tag("span", node.note, "map-note")
        if node.needs:
            Tag("span", f"needs {', '.join(node.needs)}", "map-needs")
