"""Where the nodes of a graph stand: in layers, whatever is needed before whoever needs it. Pure."""

from collections.abc import Iterable, Mapping, Sequence

SWEEPS = 4
"""How often the layers are put in order, there and back; more changes hardly anything."""


def layers(needs: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The names in layers: each in the one after the last of what it needs (the longest path), and
    within a layer beside what it is linked to (the barycentre), so that few lines cross.

    Args:
        needs: by name, what it needs. Unknown names are passed over; who stands in a circle comes
            last, together.
    """
    known = {name: [one for one in ones if one in needs] for name, ones in needs.items()}
    placed = _longest_paths(known)
    found: list[list[str]] = [[] for _ in range(max(placed.values(), default=-1) + 1)]
    for name in needs:
        found[placed[name]].append(name)
    return _ordered([layer for layer in found if layer], known)


def backwards(needs: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """By name, who needs it."""
    found: dict[str, list[str]] = {name: [] for name in needs}
    for name, ones in needs.items():
        for one in ones:
            found.setdefault(one, []).append(name)
    return found


def _longest_paths(needs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The layer of each, from 0."""
    needed_by = backwards(needs)
    left = {name: len(ones) for name, ones in needs.items()}
    ready = [name for name, number in left.items() if number == 0]
    placed: dict[str, int] = {}
    for name in ready:  # grows while it is read
        placed[name] = 1 + max((placed[one] for one in needs[name]), default=-1)
        for other in needed_by[name]:
            left[other] -= 1
            if left[other] == 0:
                ready.append(other)
    last = 1 + max(placed.values(), default=-1)
    return {name: placed.get(name, last) for name in needs}


def _ordered(found: list[list[str]], needs: Mapping[str, Sequence[str]]) -> list[list[str]]:
    needed_by = backwards(needs)
    for _ in range(SWEEPS):
        found = _swept(found, needs)
        found = _swept(found[::-1], needed_by)[::-1]
    return _swept(found, needs)


def _swept(found: list[list[str]], links: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Each layer in the order of the mean place of what its nodes are linked to further ahead."""
    at: dict[str, float] = {}
    done: list[list[str]] = []
    for layer in found:
        here = {name: place for place, name in enumerate(layer)}
        ordered = sorted(layer, key=lambda name: _middle(name, here, links, at))
        # In the middle of the drawing, however many there are.
        at |= {name: place - (len(layer) - 1) / 2 for place, name in enumerate(ordered)}
        done.append(ordered)
    return done


def _middle(
    name: str,
    here: Mapping[str, int],
    links: Mapping[str, Sequence[str]],
    at: Mapping[str, float],
) -> float:
    linked = [at[one] for one in links[name] if one in at]
    return sum(linked) / len(linked) if linked else here[name] - (len(here) - 1) / 2
