"""Hashes of passwords: argon2id, which takes memory and time on purpose, hence off the event loop
and few at a time.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from vrooli.core.errors import Busy

TURNS, KIBIBYTES, THREADS = 2, 19 * 1024, 1
"""The first of those that OWASP's Password Storage Cheat Sheet recommends for argon2id: a small
host can spare as much for each login.
"""

AT_ONCE = 2

WAITING = 20
"""How many may wait for that: more are sent away, or a flood of logins would take minutes."""

Value = TypeVar("Value")


class Passwords:
    """Makes and compares hashes."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(TURNS, KIBIBYTES, THREADS)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._inside = 0
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        """A new hash, with a salt of its own."""
        return await self._aside(partial(self._hasher.hash, password))

    async def matches(self, hashed: str | None, password: str) -> bool:
        """Whether it is the password of that hash. Without one (there is no such user) the answer
        is no and takes as long: how long it takes must not tell who has an account.
        """
        # Made for whoever comes first, also when nobody's is not needed: else that would be told.
        self._nobodys = self._nobodys or await self.hash(secrets.token_hex(16))
        same = await self._aside(partial(self._verify, hashed or self._nobodys, password))
        return same and hashed is not None

    def is_old(self, hashed: str) -> bool:
        """Whether it was made with other settings than new ones are."""
        return self._hasher.check_needs_rehash(hashed)

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _aside(self, work: Callable[[], Value]) -> Value:
        async with self._room():
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    @asynccontextmanager
    async def _room(self) -> AsyncIterator[None]:
        if self._inside >= AT_ONCE + WAITING:
            raise Busy("too many people log in at once", next_step="try again in a few seconds")
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
