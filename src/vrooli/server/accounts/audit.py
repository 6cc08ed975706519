"""Who changed what about users, keys and sessions: a line of the log each."""

from typing import Any

import structlog

from vrooli.server.accounts.roles import Caller


class Audit:
    """Writes them."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("vrooli.server.audit")

    def did(self, who: Caller, action: str, target: str = "", **facts: Any) -> None:
        """`who` has done something, or it was done in that name.

        Args:
            who: who asked for it.
            action: what, like `user-added`.
            target: to whom or what.
            facts: more about it; never a secret.
        """
        through = {"vrooli.key": who.key, "vrooli.session": who.session}
        self._say(action, who.name, target, {**through, **facts})

    def refused(self, name: str, action: str, **facts: Any) -> None:
        """Somebody who says to be `name` was sent away, or what is held against that name."""
        self._say(action, name, "", {"event.outcome": "failure", **facts})

    def _say(self, action: str, name: str, target: str, facts: dict[str, Any]) -> None:
        fields = {"event.action": action, "user.name": name, "user.target.name": target, **facts}
        self._log.info("account", **{key: said for key, said in fields.items() if said})
