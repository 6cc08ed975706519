"""Sessions of people: begun by a password, kept by refresh tokens, ended."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vrooli.core.errors import UsageError
from vrooli.core.ports.database import Database
from vrooli.server.accounts.attempts import Attempts, Try
from vrooli.server.accounts.audit import Audit
from vrooli.server.accounts.passwords import Passwords
from vrooli.server.accounts.roles import Caller
from vrooli.server.accounts.session_store import Holder, SessionStore, Why
from vrooli.server.accounts.tokens import ACCESS_SECONDS, Signer
from vrooli.server.accounts.user_store import Change, User, UserStore
from vrooli.server.accounts.words import email_of, new_password


class NotLoggedIn(Exception):
    """What was shown opens nothing; the text says no more than that."""


class TooManyTries(Exception):
    """No password is looked at for a while.

    Attributes:
        seconds: for how long.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__("there were too many wrong passwords")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Pair:
    """What a session shows: the first opens the API, the second gets the next pair, once."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    email: str
    role: str

    def to_json(self) -> dict[str, Any]:
        """The shape on the wire."""
        return {
            "access_token": self.access,
            "expires_in": ACCESS_SECONDS,
            "refresh_token": self.refresh,
            "email": self.email,
            "role": self.role,
        }


class Logins:
    """For the API."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        signer: Signer,
        audit: Audit,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._users, self._sessions = UserStore(database), SessionStore(database)
        self._attempts = Attempts(database)
        self._passwords, self._signer, self._audit = passwords, signer, audit
        self._now = now

    async def log_in(self, email: str, password: str, address: str) -> Pair:
        """A new session.

        Args:
            email: of the user, in any letters.
            password: what it says is its own.
            address: from where.

        Raises:
            NotLoggedIn: no such user, not its password, or it is disabled: which is not said.
            TooManyTries: of this user, or from this address.
        """
        try:
            email = email_of(email)
        except UsageError:
            raise NotLoggedIn from None
        user = await self._proven(email, password, address)
        if user.disabled:
            self._audit.refused(email, "login-disabled", **{"client.ip": address})
            raise NotLoggedIn
        if self._passwords.is_old(user.password):
            await self._users.rehash(user, await self._passwords.hash(password))
        return await self._begin(user, address)

    async def refresh(self, token: str, address: str) -> Pair:
        """The next pair of a session.

        Raises:
            NotLoggedIn: it is over, or the token was used before, for which it then ends.
        """
        shown = self._signer.generation_of(token)
        turned = await self._sessions.turn(*shown) if shown is not None else None
        if shown is None or turned is None:
            raise NotLoggedIn
        if turned.reused:
            facts = {"vrooli.session": shown[0], "client.ip": address}
            self._audit.refused(turned.holder.email, "session-ended-for-reuse", **facts)
            raise NotLoggedIn
        return self._pair(shown[0], turned.generation, turned.holder)

    async def log_out(self, token: str) -> None:
        """End the session of a refresh token, also of one that was used; nothing when it is over.

        Raises:
            NotLoggedIn: it is no token.
        """
        shown = self._signer.generation_of(token)
        if shown is None:
            raise NotLoggedIn
        holder = await self._sessions.holder(shown[0])
        if holder is not None and await self._sessions.end(shown[0], Why.LOGOUT):
            self._audit.did(Caller(holder.email, holder.role, holder.user, shown[0]), Why.LOGOUT)

    async def log_out_everywhere(self, who: Caller) -> int:
        """End all sessions of a user, this one too; how many."""
        if who.user is None:
            return 0
        ended = await self._sessions.end_all(who.user, Why.EVERYWHERE)
        self._audit.did(who, "logout-everywhere", sessions=ended)
        return ended

    async def change_password(self, who: Caller, old: str, new: str, address: str) -> Pair:
        """Another password for the user of a session. All sessions end; the pair is of a new one.

        Raises:
            NotLoggedIn: it is not the old one.
            TooManyTries: as `log_in`.
            UsageError: the new one is not good enough.
        """
        new_password(new, who.name)
        user = await self._proven(who.name, old, address)
        hashed = await self._passwords.hash(new)
        changed = await self._users.change(user.email, Change(password=hashed))
        self._audit.did(who, "password-changed", user.email)
        return await self._begin(changed, address)

    async def _begin(self, user: User, address: str) -> Pair:
        """A session."""
        session = secrets.token_hex(8)
        await self._sessions.begin(session, user.id, user.epoch, address)
        who = Caller(user.email, user.role, user.id, session)
        self._audit.did(who, "login", **{"client.ip": address})
        return self._pair(session, 0, Holder(user.id, user.email, user.role))

    async def _proven(self, email: str, password: str, address: str) -> User:
        """The user, when this is its password."""
        one = Try(email, address)
        if seconds := await self._attempts.count(one):
            self._audit.refused(email, "login-too-many", **{"client.ip": address})
            raise TooManyTries(seconds)
        user = await self._users.find(email)
        right = await self._passwords.matches(user.password if user else None, password)
        if user is None or not right:
            self._audit.refused(email, "login-failed", **{"client.ip": address})
            raise NotLoggedIn
        await self._attempts.succeeded(one)
        return user

    def _pair(self, session: str, generation: int, holder: Holder) -> Pair:
        now = self._now()
        return Pair(
            access=self._signer.access(session, now),
            refresh=self._signer.refresh(session, generation, now),
            email=holder.email,
            role=holder.role.value,
        )
