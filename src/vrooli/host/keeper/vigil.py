"""Looking again and again whether the home is there, where a look may hang."""

from __future__ import annotations

import time

from vrooli.host.keeper.door import take_lock
from vrooli.host.keeper.errand import Errand
from vrooli.host.keeper.log import log
from vrooli.host.keeper.loop import Loop
from vrooli.host.keeper.place import LOOK, UNCLEAR, UNLOCKED, WORDS, Doubt, Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Vigil:
    """The keeper's eye on its home.

    Args:
        place: the home as it was when we took its lock.
        loop: wakes us.
        lost: told once, when the home is gone for certain: how.
        ousted: told when another keeper has taken the lock that somebody removed.
    """

    def __init__(
        self, place: Place, loop: Loop, lost: Callable[[str], None], ousted: Callable[[], None]
    ) -> None:
        self.place = place
        self._loop, self._lost, self._ousted = loop, lost, ousted
        self._errand = Errand((place.fd,))
        self._doubt = Doubt()
        self._said = ""

    def begin(self) -> None:
        """Look, from now on."""
        self._loop.after(LOOK, self._look)

    def close(self) -> None:
        """End a look that hangs."""
        self._errand.close()

    def _look(self) -> None:
        if not self._errand.under_way:
            try:
                self._errand.start(self.place.look)
            except OSError:  # no child now: the next look is another
                self._seen(UNCLEAR)
        self.begin()

    def ended(self, pid: int, status: int) -> bool:
        """A child of the keeper was reaped; whether it was ours."""
        code = self._errand.ended(pid, status)
        if code is None:
            return False
        self._seen(code)
        return True

    def _seen(self, code: int) -> None:
        if code == UNLOCKED:
            self._lock_again()
        how = WORDS.get(code, "")
        if how and how != self._said:
            log("warning", f"the home {self.place.root} {how}, as it seems; looking again")
        self._said = how
        if self._doubt.certain(code, time.monotonic()):
            self._lost(how)

    def _lock_again(self) -> None:
        """Somebody removed the lock alone. All else is there, so nothing must be stopped for it."""
        if take_lock(self.place.root) is None:
            self._ousted()
            return
        self.place.relocked()
        log("warning", f"the lock of {self.place.root} was removed; it is taken again")
