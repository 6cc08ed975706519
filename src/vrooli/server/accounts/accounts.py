"""Accounts, put together: who somebody is, how one logs in, and who is who."""

import time
from collections.abc import Collection
from dataclasses import dataclass

from vrooli.core.passes import ADMIN, FOR_SERVER, LINK_OWNER, Passes, Person
from vrooli.core.ports.database import Database
from vrooli.core.stack_mark import mark_of
from vrooli.server.accounts.audit import Audit
from vrooli.server.accounts.directory import Directory
from vrooli.server.accounts.key_store import HeldKey, KeyStore
from vrooli.server.accounts.logins import Logins
from vrooli.server.accounts.passwords import Passwords
from vrooli.server.accounts.roles import OPERATOR, Caller
from vrooli.server.accounts.session_store import Holder, SessionStore
from vrooli.server.accounts.tokens import KEY_PREFIX, Signer, digest
from vrooli.server.repeats.words import Seal, sealed_by


class Bearers:
    """Tells who shows a token. PostgreSQL is asked each time: who was disabled, logged out or lost
    a key is nobody from that moment on. A pass of the console's is good for whoever came there by
    the link of the stack; people with an account have a session here, also in the console.
    """

    def __init__(self, database: Database, signer: Signer) -> None:
        self._passes = Passes(signer.key, FOR_SERVER)
        self._sessions, self._keys, self._signer = (
            SessionStore(database),
            KeyStore(database),
            signer,
        )

    async def identify(self, token: str) -> Caller | None:
        """Who shows it; None when it opens nothing."""
        if token.startswith(KEY_PREFIX):
            return await self._by_key(token)
        if self._passes.person(token, time.time()) == Person(LINK_OWNER, ADMIN):
            return OPERATOR
        session = self._signer.session_of(token)
        holder = await self._sessions.holder(session) if session else None
        return None if holder is None or session is None else _in_session(session, holder)

    async def still(self, callers: Collection[Caller]) -> Collection[Caller]:
        """Those of these users that are what they were: the session lasts, the key is good, and
        either may do as much as before.
        """
        found: set[Caller] = set()
        if sessions := [one.session for one in callers if one.session]:
            lasting = await self._sessions.holders(sessions)
            found |= {_in_session(session, holder) for session, holder in lasting.items()}
        if keys := [one.key for one in callers if one.key]:
            found |= {_with_key(key) for key in await self._keys.holders(keys)}
        return found.intersection(callers)

    async def _by_key(self, token: str) -> Caller | None:
        found = await self._keys.holder(digest(token))
        return None if found is None else _with_key(found)


def _in_session(session: str, holder: Holder) -> Caller:
    return Caller(holder.email, holder.role, holder.user, session=session)


def _with_key(found: HeldKey) -> Caller:
    role = found.role.at_most(found.holder.role)
    return Caller(found.holder.email, role, found.holder.user, key=found.id)


@dataclass(frozen=True, slots=True)
class Accounts:
    """What the API works with.

    Attributes:
        bearers: who shows a token.
        logins: sessions.
        directory: users, invitations and keys.
        seal: tells requests apart that may hold passwords.
        mark: tells the servers of this stack from others.
    """

    bearers: Bearers
    logins: Logins
    directory: Directory
    seal: Seal
    mark: str


def accounts(database: Database, signing_key: str) -> Accounts:
    """Put them together; nothing is opened.

    Args:
        database: where they are kept.
        signing_key: secret that all servers of a stack share.
    """
    passwords, signer, audit = Passwords(), Signer(signing_key), Audit()
    return Accounts(
        Bearers(database, signer),
        Logins(database, passwords, signer, audit),
        Directory(database, passwords, audit),
        sealed_by(signing_key),
        mark_of(signing_key),
    )
