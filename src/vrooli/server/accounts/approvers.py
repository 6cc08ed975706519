"""Who may be asked to approve: users that may log in and decide."""

from vrooli.core.errors import Refused, UsageError
from vrooli.core.ports.database import Database
from vrooli.server.accounts.roles import Role
from vrooli.server.accounts.user_store import UserStore
from vrooli.server.accounts.words import email_of

NEEDED = Role.OPERATOR
"""What the routes of decisions need."""

_WHO = "`vrooli approval delegate ID` without `--to` shows who may approve"


class Approvers:
    """For the API, which looks first whether somebody may know them."""

    def __init__(self, database: Database) -> None:
        self._users = UserStore(database)

    async def names(self) -> list[str]:
        """Their addresses, in their order."""
        users = await self._users.all()
        return [one.email for one in users if not one.disabled and one.role.covers(NEEDED)]

    async def named(self, email: str) -> str:
        """The one of that address, in its letters.

        Raises:
            UsageError: there is none.
            Refused: it is disabled, or may not approve.
        """
        email = email_of(email)
        found = await self._users.find(email)
        if found is None:
            raise UsageError("there is no user of that address", where=email, next_step=_WHO)
        if found.disabled:
            raise Refused(f"the user {found.email} is disabled", where=email, next_step=_WHO)
        if not found.role.covers(NEEDED):
            said = f"{found.email} may not approve: that needs the role {NEEDED}, not {found.role}"
            raise Refused(said, where=email, next_step=_WHO)
        return found.email
