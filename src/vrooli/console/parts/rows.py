"""A list of which only those rows are built anew that are others: what is folded open in a row,
half written or chosen there, stays while the list around it changes.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from vrooli.console.parts.html import Tag

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")


class Rows(Generic[Key, Item]):
    """Elements by their keys, in the order in which they were shown last.

    Args:
        build: makes the elements of a row.
        tag, row: names of the list's element, and of each row's.
        classes, row_classes: of those.
        **attributes: of the list's element.
    """

    def __init__(
        self,
        build: Callable[[Item], None],
        tag: str = "ol",
        classes: str = "",
        *,
        row: str = "li",
        row_classes: str = "",
        **attributes: object,
    ) -> None:
        self._build, self._row, self._row_classes = build, row, row_classes
        self.around = Tag(tag, "", classes, **attributes)
        self._known: dict[Key, tuple[Item, Tag]] = {}

    def show(self, items: Iterable[tuple[Key, Item]]) -> None:
        """These, in this order; nothing when the page was closed meanwhile."""
        if self.around.is_deleted:
            return
        wanted = dict(items)
        for key in [one for one in self._known if one not in wanted]:
            self._known.pop(key)[1].delete()
        for at, (key, item) in enumerate(wanted.items()):
            self._put(at, key, item)

    def _put(self, at: int, key: Key, item: Item) -> None:
        known = self._known.get(key)
        if known is None:
            with self.around:
                element = Tag(self._row, "", self._row_classes)
        else:
            element = known[1]
        if known is None or known[0] != item:
            element.clear()
            with element:
                self._build(item)
            self._known[key] = item, element
        if self.around.default_slot.children[at] is not element:
            element.move(target_index=at)
