"""What needs what: the root cause stands out, and what only waits for it is grey."""

from vrooli.console.page import Page, View
from vrooli.console.parts.addresses import address
from vrooli.console.parts.html import Tag
from vrooli.console.parts.live import Live
from vrooli.console.parts.map_drawing import Drawing
from vrooli.console.parts.stack_map import Node, Shape, nodes, shape, verdict


async def build(view: View) -> None:
    """The page."""

    def found() -> dict[str, Node]:
        return nodes(view.feed.health.services)

    names = ("Map", "Services, what is needed first")
    drawing = Drawing(found, lambda node: address("services", node.name), names)

    def draw(drawn: Shape) -> None:
        if not drawn.layers:
            Tag("p", "Nothing is known yet: the watchdog has not answered.", "empty")
        else:
            Tag("p", "What is needed stands before what needs it.", "soft")
        drawing.draw(drawn)

    summary = Live(lambda: verdict(found()) if found() else ("", ""), _summary)
    whole = Live(lambda: shape(view.feed.health.services), draw, "div", "map-around")
    # The drawing goes first: it makes the parts anew that are looked at then.
    view.feed.changed.subscribe(whole.look)
    view.feed.changed.subscribe(summary.look)
    view.feed.changed.subscribe(drawing.look)


def _summary(said: tuple[str, str]) -> None:
    tone, words = said
    if words:
        Tag("p", words, f"verdict {tone}", role="status")


PAGE = Page("/map", "Map", "account_tree", build, order=10)
