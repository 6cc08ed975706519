"""The services as nodes of a graph: how each is, what it waits for, and the root cause. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.console.parts.layers import backwards, layers

WIDTH, HEIGHT = 224, 100
"""Of a node, CSS pixels."""

WAYPOINT = 4
"""Height of the place where a line passes a layer."""

ACROSS, DOWN = 72, 20
"""Between two nodes."""

NAMED = 3
"""How many names one sentence has; of the others it says how many they are."""


@dataclass(frozen=True, slots=True)
class Node:
    """One service.

    Attributes:
        name: of it.
        tone: ok, warning, critical, unknown, off or blocked: its colour.
        state: how it is, in words.
        note: what it waits for, or who waits for it; empty for neither.
        needs: what it needs itself.
        is_root: whether others wait for it, and it for nobody.
        waits_for: what of that is missing.
    """

    name: str
    tone: str
    state: str
    note: str
    needs: tuple[str, ...]
    is_root: bool = False
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """Where everything stands; the same as long as nobody edits the stack.

    Attributes:
        layers: names, left to right and top to bottom. Where a line passes a layer, that has a
            waypoint for it, so that it runs behind no node.
        needs: by name, what it needs.
    """

    layers: tuple[tuple[str, ...], ...]
    needs: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, CSS pixels."""
        width = len(self.layers) * (WIDTH + ACROSS) - ACROSS
        return max(0, width), max(map(_height, self.layers), default=0)

    def columns(self) -> list[list[str]]:
        """The services of each layer."""
        return [[name for name in layer if not _is_waypoint(name)] for layer in self.layers]

    def places(self) -> dict[str, tuple[int, int]]:
        """The upper left corner of each; every layer is centred."""
        height = self.size[1]
        found = {}
        for column, layer in enumerate(self.layers):
            top = (height - _height(layer)) // 2
            for name in layer:
                found[name] = column * (WIDTH + ACROSS), top
                top += _tall(name) + DOWN
        return found

    def edges(self) -> list[tuple[str, str, str]]:
        """`(needed, needs it, path of SVG)`, from the right of one to the left of the other."""
        at = self.places()
        column = {name: number for number, layer in enumerate(self.layers) for name in layer}
        found = []
        for name, ones in self.needs:
            for one in ones:
                if one not in at:
                    continue
                way = [_waypoint(one, n) for n in range(column[one] + 1, column[name])]
                stops = [(*at[stop], _tall(stop)) for stop in (one, *way, name)]
                found.append((one, name, _curve(stops)))
        return found


def shape(services: Sequence[Mapping[str, Any]]) -> Shape:
    """Of the rows of `GET /status`."""
    needs = {str(row["name"]): tuple(row.get("needs") or ()) for row in services}
    return Shape(tuple(map(tuple, layers(_with_waypoints(needs)))), tuple(needs.items()))


def nodes(services: Sequence[Mapping[str, Any]]) -> dict[str, Node]:
    """Of the rows of `GET /status`, by name."""
    waits = {str(row["name"]): tuple(row.get("waits_for") or ()) for row in services}
    roots = {name: _roots(name, waits) for name, ones in waits.items() if ones}
    held_up = backwards({name: sorted(ends) for name, ends in roots.items()})
    return {
        row["name"]: _node(row, waits[row["name"]], roots, held_up.get(row["name"], []))
        for row in services
    }


def verdict(found: Mapping[str, Node]) -> tuple[str, str]:
    """Tone, and one sentence for the whole map."""
    roots = [node for node in found.values() if node.is_root]
    if roots:
        return "critical", ". ".join(f"{one.name} is the {one.note}" for one in roots[:NAMED]) + "."
    bad = [node.name for node in found.values() if node.tone == "critical"]
    if bad:
        fail = "fails" if len(bad) == 1 else "fail"
        return "critical", f"{listed(bad)} {fail}; nothing waits for that."
    blocked = [node.name for node in found.values() if node.tone == "blocked"]
    if blocked:
        return "warning", f"{listed(blocked)}: what is needed is not there yet."
    return "ok", "Every service has what it needs."


def listed(names: Sequence[str]) -> str:
    """`a, b and c`; of many, some and how many more."""
    if len(names) > NAMED + 1:
        return f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _node(
    row: Mapping[str, Any],
    waits: Sequence[str],
    roots: Mapping[str, set[str]],
    waiting: Sequence[str],
) -> Node:
    name, needs = str(row["name"]), tuple(row.get("needs") or ())
    if waits:
        ends = sorted(roots[name] - set(waits))
        due = f" (root cause: {listed(ends)})" if ends else ""
        note = f"waits for {listed(waits)}{due}"
        return Node(name, "blocked", _state(row), note, needs, waits_for=tuple(waits))
    if waiting:
        wait = "waits" if len(waiting) == 1 else "wait"
        note = f"root cause: {listed(waiting)} {wait} for it"
        return Node(
            name,
            "off" if _tone(row) == "off" else "critical",
            _state(row),
            note,
            needs,
            is_root=True,
        )
    return Node(name, _tone(row), _state(row), "", needs)


def _tone(row: Mapping[str, Any]) -> str:
    state, health = row["state"], row.get("health") or "unknown"
    by_state = {"failed": "critical", "blocked": "blocked", "starting": "warning", "stopped": "off"}
    return by_state.get(state, str(health))


def _state(row: Mapping[str, Any]) -> str:
    state, health = str(row["state"]), str(row.get("health") or "unknown")
    told = state in ("running", "external") and health != "unknown"
    return f"{state}, {health}" if told else state


def _roots(name: str, waits: Mapping[str, Sequence[str]]) -> set[str]:
    """The ends of the chains of what waits for what."""
    found: set[str] = set()
    seen, todo = {name}, list(waits[name])
    while todo:
        one = todo.pop()
        if one in seen:
            continue
        seen.add(one)
        further = waits.get(one, ())
        todo.extend(further)
        if not further:
            found.add(one)
    return found


def _with_waypoints(needs: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """`needs`, with a chain of waypoints for each that is needed further away than in the next
    layer; all lines from it share them.
    """
    column = {name: number for number, layer in enumerate(layers(needs)) for name in layer}
    found: dict[str, list[str]] = {name: [] for name in needs}
    for name, ones in needs.items():
        for one in (one for one in ones if one in column):
            before = one
            for number in range(column[one] + 1, column[name]):
                stop = _waypoint(one, number)
                found.setdefault(stop, [before])
                before = stop
            found[name].append(before)
    return found


def _waypoint(needed: str, column: int) -> str:
    return f"{needed}\0{column}"


def _is_waypoint(name: str) -> bool:
    return "\0" in name


def _tall(name: str) -> int:
    return WAYPOINT if _is_waypoint(name) else HEIGHT


def _height(layer: Sequence[str]) -> int:
    return max(0, sum(_tall(name) + DOWN for name in layer) - DOWN)


def _curve(stops: Sequence[tuple[int, int, int]]) -> str:
    """From stop to stop: `(left, top, height)` of each."""
    left, top, tall = stops[0]
    y = top + tall // 2
    path = f"M{left + WIDTH} {y}"
    for number, (to_x, top, tall) in enumerate(stops[1:], start=1):
        x, to_y = stops[number - 1][0] + WIDTH, top + tall // 2
        bend = (to_x - x) // 2
        path += f" C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
        if number < len(stops) - 1:
            path += f" H{to_x + WIDTH}"
        y = to_y
    return path
