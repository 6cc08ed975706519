"""Somebody's own program that takes notifications by HTTP, as apprise's `json://` sends them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from vrooli.main.selftest_hook import Got, Hook


@dataclass
class Receiver:
    """What came, in order; what was refused did not.

    Attributes:
        url: the apprise URL.
        before_answer: called with each notification before it is answered.
        refuses: answers 503 while it is set.
        asked: how often somebody tried.
        stuck: for a `before_answer` that waits.
    """

    url: str = ""
    refuses: bool = False
    asked: int = 0
    before_answer: Callable[[Got], object] = lambda _: None
    got: list[Got] = field(default_factory=list)
    stuck: threading.Event = field(default_factory=threading.Event)

    def of(self, kind: str) -> list[Got]:
        """What came of a kind."""
        return [one for one in self.got if one.kind == kind]

    def keys(self, kind: str) -> set[str]:
        """Of those, the keys: what comes twice counts once."""
        return {one.key for one in self.of(kind)}

    def take(self, got: Got) -> bool:
        """One came."""
        self.asked += 1
        self.before_answer(got)
        if not self.refuses:
            self.got.append(got)
        return not self.refuses


@contextmanager
def receiving() -> Iterator[Receiver]:
    """One on a free port, until the block ends."""
    receiver = Receiver()
    hook = Hook(receiver.take)
    receiver.url = hook.url
    try:
        yield receiver
    finally:
        hook.close()
