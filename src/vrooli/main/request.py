"""An operator's request from its beginning to its end: through the watchdog, also when that is
replaced in the middle, and by ourselves while there is none.

The turn is over once the watchdog has taken a request on: from then on its order counts. Whoever
acts without it, and a `down`, which ends it, keep the turn to their end.
"""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any
from uuid import uuid4

from vrooli.cli.kit import BroughtUp, Progress
from vrooli.client.watchdog import WatchdogClient
from vrooli.core.errors import ConfigError, CutOff, DeadlineExceeded, Refused, Unreachable
from vrooli.core.home import Home
from vrooli.main import bringing
from vrooli.main.places import make_home
from vrooli.main.turn import Turn
from vrooli.stack.compiled import read_compiled
from vrooli.stack.model import AUTOHEAL, Stack
from vrooli.stack.naming import resolve
from vrooli.stack.progress import Step
from vrooli.stack.upgrading import Wish

REPLACED = 15.0
"""Seconds that a command waits for a watchdog that the keeper is replacing: 2 s, and more on a
machine that is overloaded."""

ATTEMPTS = 3
"""Watchdogs that are asked for one operation: one that each of them dies of is given up."""

_PAUSE = 0.1


class Request:
    """One operation. Asking again is harmless: what is done is left as it is, also what was
    restarted, because each watchdog is told the same name of the request.

    Attributes:
        turn: of the command that asks.
        watched: whether it is the watchdog's to do; then nobody else starts anything.
    """

    def __init__(
        self,
        home: Home,
        action: str,
        names: Sequence[str],
        environment: Mapping[str, str],
        wish: Wish | None = None,
    ) -> None:
        self._home, self._action, self._names, self._wish = home, action, names, wish
        self._environment = environment
        self._request = uuid4().hex
        self._taken_on: Progress | None = None
        self.turn = Turn(home)
        self.watched = False

    def begin(self) -> Progress:
        """Have it taken on; then its progress, to the end.

        Raises:
            UsageError: a name is not in the stack.
            Unreachable: the next watchdog does not answer.
        """
        try:
            with suppress(CutOff):  # then it is asked again, by whoever reads the progress
                self._taken_on = self._ask()
        except BaseException:
            self.turn.release()
            raise
        return self._to_the_end()

    def _to_the_end(self) -> Progress:
        try:
            for left in reversed(range(ATTEMPTS)):
                try:
                    yield from self._taken_on or self._ask()
                    return
                except CutOff:
                    if not left:
                        raise
                self._taken_on = None
                what = f"it ended in the middle of `{self._action}`; the next one is asked again"
                yield Step(AUTOHEAL, "waiting", what).to_json()
        finally:
            self._let_go()

    def _ask(self) -> Progress:
        self.turn.take()
        if not _watched(self._home):
            return self._do_it()
        self.watched = True
        try:
            options: dict[str, Any] = {"request": self._request}
            if self._wish is not None:
                options["options"] = asdict(self._wish)
            if self._wish is not None and self._wish.loses:  # whoever asks was asked before
                options["confirm"] = self._names[0]
            taken_on = WatchdogClient.of(self._home).operation(self._action, self._names, **options)
        except Unreachable as error:
            raise CutOff(error.what, where=error.where, next_step=error.next_step) from error
        self._let_go()
        return taken_on

    def _do_it(self) -> Progress:
        from vrooli.main.direct import Asked, operate

        if self.watched and self._action not in ("stop", "down"):
            raise Refused(
                f"the watchdog ended in the middle of `{self._action}`, and nobody starts it again:"
                " another command stopped it, or its keeper was killed as well",
                next_step="`vrooli status` shows what runs, `vrooli up` brings up all of it",
            )
        asked = Asked(self._action, self._names, self._wish)
        return operate(self._home, asked, self._environment)

    def _let_go(self) -> None:
        if self._action != "down":
            self.turn.release()


def bring_up(
    stack: Stack,
    home: Home,
    environment: Mapping[str, str],
    action: str,
    names: Sequence[str],
    wish: Wish | None = None,
) -> BroughtUp:
    """`main.bringing`, and have `action` taken on before anybody can end the watchdog again.

    Raises:
        UsageError: a name is not in the stack; nothing was changed then.
    """
    resolve(stack, names)
    make_home(home)
    request = Request(home, action, names, environment, wish)
    request.turn.take()
    try:
        brought = bringing.bring_up(stack, home, environment)
        request.watched = brought.watched
        return replace(brought, progress=request.begin())
    except BaseException:
        request.turn.release()
        raise


def bring_down(home: Home, environment: Mapping[str, str]) -> Progress:
    """Services first, then watchdog and keeper, in one turn: nobody starts anything in between."""
    last: dict[str, Any] = {"done": True, "ok": True, "changed": 0, "failed": []}
    request = Request(home, "down", (), environment)
    with request.turn:
        known = _was_brought_up(home)
        if known:
            for line in request.begin():
                last = line
                if not line.get("done"):
                    yield line
        if last.get("ok"):
            yield from bringing.end_keeper(home, blindly=not known)
        yield {**last, "note": _still_there(last)} if last.get("failed") else last


def _still_there(last: Mapping[str, Any]) -> str:
    """What is left after a `down` that did not come to its end, and what to do about it."""
    names = " and ".join(last["failed"])
    said = [
        str(last.get("note") or ""),
        f"{names} could not be stopped: keeper and watchdog stay up, and start nothing again",
        "  next: `vrooli down` again, once the reason above is gone; `vrooli up` has all run again",
    ]
    return "\n".join(filter(None, said))


def _was_brought_up(home: Home) -> bool:
    try:
        read_compiled(home.stack_json)
    except ConfigError:
        return False
    return True


def _watched(home: Home) -> bool:
    """Whether a watchdog answers; one that is just being replaced is waited for."""
    deadline = time.monotonic() + REPLACED
    while True:
        try:
            WatchdogClient.of(home).health()
            return True
        except (Unreachable, DeadlineExceeded):
            if not bringing.minds_watchdog(home):
                return False
            if time.monotonic() >= deadline:
                raise
        time.sleep(_PAUSE)
