"""How deep lists and objects may lie in each other, wherever somebody gives them."""

from typing import Any

DEEPEST_DATA = 200
"""Of lists and objects, whatever they mean: all that walks over them recurses."""

TOO_DEEP = f"its lists and objects lie more than {DEEPEST_DATA} deep"
"""What is wrong with such data."""


def too_deep(data: Any) -> bool:
    """Whether they lie deeper than that. Pure, and does not recurse itself."""
    level, depth = [data] if isinstance(data, dict | list) else [], 0
    while level and depth < DEEPEST_DATA:
        inner = (one.values() if isinstance(one, dict) else one for one in level)
        level = [one for many in inner for one in many if isinstance(one, dict | list)]
        depth += 1
    return bool(level)
