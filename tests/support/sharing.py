"""How the processes of pytest-xdist share the tests: a file at a time, the costly ones first."""

from typing import Any

from xdist.scheduler.loadfile import LoadFileScheduling

TOGETHER = ("tests/architecture/", "tests/browser/")
"""Folders whose tests share what is costly to make: one browser and stack, the parsed source."""

ORDER = ("acceptance", "browser", "integration", "contract", "architecture", "unit")
"""Folders of tests, those first whose files take longest: the short ones at the end fill up what
one process would otherwise wait for another.
"""


class Sharing(LoadFileScheduling):  # type: ignore[misc]  # xdist carries no types
    """A file, or a folder of those above, is for one process."""

    def _split_scope(self, nodeid: str) -> str:
        for folder in TOGETHER:
            if nodeid.startswith(folder):
                return folder
        return str(super()._split_scope(nodeid))


def rank(item: Any) -> int:
    """The place of a test among all."""
    parts = item.nodeid.split("/")
    return ORDER.index(parts[1]) if len(parts) > 1 and parts[1] in ORDER else len(ORDER)
