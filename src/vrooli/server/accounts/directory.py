"""Users, invitations and keys, as admins and their owners change them."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from vrooli.core.errors import Refused, UnknownName
from vrooli.core.ports.database import Database
from vrooli.server.accounts.audit import Audit
from vrooli.server.accounts.invitation_store import Invitation, InvitationStore
from vrooli.server.accounts.key_store import Key, KeyStore
from vrooli.server.accounts.passwords import Passwords
from vrooli.server.accounts.roles import Caller, Role
from vrooli.server.accounts.tokens import INVITATION_PREFIX, KEY_PREFIX, digest, make
from vrooli.server.accounts.user_store import Change, User, UserStore, unknown_user
from vrooli.server.accounts.words import email_of, new_password


@dataclass(frozen=True, slots=True)
class Handed:
    """Something with a token that is shown this once.

    Attributes:
        thing: the rest of it.
        token: the secret.
    """

    thing: Invitation | Key
    token: str = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """The shape on the wire."""
        return {**self.thing.to_json(), "token": self.token}


class Directory:
    """For the API; whether somebody may ask at all is decided there."""

    def __init__(self, database: Database, passwords: Passwords, audit: Audit) -> None:
        self._users, self._keys = UserStore(database), KeyStore(database)
        self._invitations = InvitationStore(database)
        self._passwords, self._audit = passwords, audit

    async def users(self) -> list[User]:
        """All of them."""
        return await self._users.all()

    async def user(self, email: str) -> User:
        """One of them.

        Raises:
            UnknownName: there is none of that address.
        """
        found = await self._users.find(email)
        if found is None:
            raise unknown_user(email)
        return found

    async def add_user(self, who: Caller, email: str, password: str, role: Role) -> User:
        """A new one.

        Raises:
            UsageError: address or password are not good enough.
            Refused: there is one of that address.
        """
        email = email_of(email)
        hashed = await self._passwords.hash(new_password(password, email))
        user = await self._users.add(secrets.token_hex(8), email, hashed, role)
        self._audit.did(who, "user-added", user.email, role=user.role.value)
        return user

    async def change_user(
        self,
        who: Caller,
        email: str,
        *,
        role: Role | None = None,
        disabled: bool | None = None,
        password: str | None = None,
    ) -> User:
        """Another role, password, or whether it is disabled; its sessions end.

        Raises:
            UnknownName: there is no such user.
            UsageError: the password is not good enough.
        """
        hashed = None
        if password is not None:
            hashed = await self._passwords.hash(new_password(password, email_of(email)))
        user = await self._users.change(
            email, Change(role=role, disabled=disabled, password=hashed)
        )
        said = {"role": role and role.value, "disabled": disabled, "reset": password is not None}
        facts = {name: value for name, value in said.items() if value is not None}
        self._audit.did(who, "user-changed", user.email, **facts)
        return user

    async def invite(self, who: Caller, email: str, role: Role, days: int) -> Handed:
        """An invitation, with the token that accepts it.

        Raises:
            UsageError: this is no address.
            Refused: there is a user of that address.
        """
        email = email_of(email)
        if await self._users.find(email):
            raise Refused(
                "there is a user of that address already",
                where=email,
                next_step="`vrooli user list` shows all; another address can be invited",
            )
        made = make(INVITATION_PREFIX)
        found = await self._invitations.add(made, email, role, who.name, days)
        self._audit.did(who, "user-invited", email, role=role.value)
        return Handed(found, made.token)

    async def accept(self, token: str, password: str) -> User | None:
        """The user that an invitation makes; None when it is none, or is used or over.

        Raises:
            UsageError: the password is not good enough.
            Refused: there is a user of that address by now.
        """
        key = digest(token)
        found = await self._invitations.find(key)
        if found is None:  # before the hash: guesses are to cost nothing
            return None
        hashed = await self._passwords.hash(new_password(password, found.email))
        user = await self._invitations.accept(key, secrets.token_hex(8), hashed)
        if user is not None:
            who = Caller(user.email, user.role, user.id)
            facts = {"role": user.role.value, "invited_by": found.invited_by}
            self._audit.did(who, "invitation-accepted", user.email, **facts)
        return user

    async def invitations(self) -> list[Invitation]:
        """All of them, also those that are over for a while."""
        return await self._invitations.all()

    async def revoke_invitation(self, who: Caller, id: str) -> Invitation:
        """Take one back.

        Raises:
            UnknownName: there is none that could still be accepted.
        """
        found = await self._invitations.revoke(id)
        if found is None:
            raise UnknownName(
                f"there is no open invitation `{id}`",
                id,
                next_step="`vrooli user list --invitations` shows the open ones",
            )
        self._audit.did(who, "invitation-revoked", found.email)
        return found

    async def keys(self, owner: str) -> list[Key]:
        """Those of an owner; with `""` everybody's."""
        return await self._keys.all(owner)

    async def add_key(self, who: Caller, name: str, role: Role, days: int) -> Handed:
        """A key of the user who asks, with its secret.

        Raises:
            Refused: it has a higher role than the user, or there are too many, or who asks is no
                session of a user: a key that makes keys would outlive its end.
        """
        if who.user is None:
            raise Refused(
                "the token of the server belongs to no user, and keys do",
                next_step="`vrooli login` as a user first",
            )
        if who.session is None:
            raise Refused("a key makes no keys", next_step="`vrooli login` with a password first")
        if not who.may(role):
            raise Refused(
                f"a key of yours can be {who.role} at most",
                where=role,
                next_step="choose that role, or a lower one",
            )
        made = make(KEY_PREFIX)
        await self._keys.add(made, who.user, name, role, days)
        found = await self._keys.get(made.id)
        assert found is not None  # nobody deletes keys
        self._audit.did(who, "key-created", made.id, role=role.value, days=days)
        return Handed(found, made.token)

    async def revoke_key(self, who: Caller, id: str) -> Key:
        """End one of one's own, or as an admin anybody's.

        Raises:
            UnknownName: there is none of that id.
        """
        if not await self._keys.revoke(id, who.only):
            raise UnknownName(f"there is no key `{id}`", id, next_step="`vrooli key list`")
        self._audit.did(who, "key-revoked", id)
        found = await self._keys.get(id)
        assert found is not None
        return found
