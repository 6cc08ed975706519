"""Who is signed in: kept in a 0600 file, so that a restart of the console signs nobody out."""

import hashlib
import json
import logging
import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from vrooli.core.passes import ROLES, Person

SECONDS = 12 * 3600.0
"""A session that nobody used for so long is over."""

LONGEST = 30 * 86_400.0
"""So is one that began so long ago, used or not: a page that stays open uses it."""

MOST = 1000
MAX_FILE = 4 * 1024 * 1024
_RENEW = 300.0
"""Seconds after which the use of a session is noted again."""


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """The session with the server of somebody who has an account there.

    Attributes:
        access: opens its API until then.
        until: unix seconds.
        refresh: gets the next two, once.
    """

    access: str = field(repr=False)
    until: float
    refresh: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One browser.

    Attributes:
        id: digest of what the cookie says; names the session here.
        person: who.
        used, began: unix seconds.
        account: None for whoever came by a link.
    """

    id: str
    person: Person
    used: float
    began: float
    account: Account | None = None

    def lasts(self, now: float) -> bool:
        """Whether it is not over yet."""
        return now - self.used <= SECONDS and now - self.began <= LONGEST


class Sessions:
    """All of them. Safe for threads.

    Args:
        path: of the file; its folder is there.
        now: unix seconds.
    """

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        self._path, self._now, self._lock = path, now, threading.RLock()
        kept = _read(path)
        self._all: dict[str, SignedIn] = kept[0]
        self._links: dict[str, float] = kept[1]

    def begin(self, person: Person, account: Account | None = None) -> str:
        """A new session; what its cookie says. The one that is unused for longest makes room."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._forget()
            if len(self._all) >= MOST:
                del self._all[min(self._all.values(), key=lambda one: one.used).id]
            one = SignedIn(_digest(token), person, self._now(), self._now(), account)
            self._all[one.id] = one
            self._write()
        return token

    def of(self, token: str) -> SignedIn | None:
        """Whose cookie that is; None when it is nobody's, or too old."""
        return self.known(_digest(token)) if token else None

    def known(self, session: str) -> SignedIn | None:
        """The session of that id, which is used now; None when it is over."""
        with self._lock:
            one = self._all.get(session)
            now = self._now()
            if one is None or not one.lasts(now):
                return None
            if now - one.used > _RENEW:
                one = replace(one, used=now)
                self._keep(one)
            return one

    def lasting(self, session: str) -> SignedIn | None:
        """As `known`, without using it."""
        with self._lock:
            one = self._all.get(session)
            return one if one is not None and one.lasts(self._now()) else None

    def change(self, session: str, person: Person, account: Account) -> None:
        """Its next tokens, and what it may do from now on; nothing when it is over."""
        with self._lock:
            one = self._all.get(session)
            if one is not None:
                self._keep(replace(one, person=person, account=account))

    def end(self, session: str) -> None:
        """Sign out."""
        with self._lock:
            if self._all.pop(session, None) is not None:
                self._write()

    def end_all(self, name: str, besides: str = "") -> None:
        """Sign a person out in every browser, but for one session."""
        with self._lock:
            kept = {
                one.id: one
                for one in self._all.values()
                if one.person.name != name or one.id == besides
            }
            if len(kept) < len(self._all):
                self._all = kept
                self._write()

    def was_taken(self, name: str) -> bool:
        """Whether the link of that name was."""
        with self._lock:
            return name in self._links

    def take_link(self, name: str, until: float) -> bool:
        """Whether the link of that name was never taken before; from now on it was.

        Args:
            name: says which.
            until: unix seconds from which it is no good anyhow.
        """
        with self._lock:
            now = self._now()
            self._links = {one: end for one, end in self._links.items() if end > now}
            if name in self._links or len(self._links) >= MOST:
                return False
            self._links[name] = until
            self._write()
            return True

    def _keep(self, one: SignedIn) -> None:
        self._all[one.id] = one
        self._write()

    def _forget(self) -> None:
        now = self._now()
        self._all = {one.id: one for one in self._all.values() if one.lasts(now)}

    def _write(self) -> None:
        """A disk that is full keeps nobody out: just then somebody wants to see what is wrong."""
        try:
            self._replace_file()
        except OSError as error:
            _log.warning("who is signed in is not kept over a restart: %s", error)

    def _replace_file(self) -> None:
        body = {"sessions": [asdict(one) for one in self._all.values()], "links": self._links}
        beside = self._path.with_name(f"{self._path.name}.new")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(body, file)
        beside.replace(self._path)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _read(path: Path) -> tuple[dict[str, SignedIn], dict[str, float]]:
    """What the file says; nothing where it is missing or broken: people sign in again."""
    try:
        with path.open("rb") as file:
            body = json.loads(file.read(MAX_FILE))
        found = [_session(one) for one in body["sessions"]]
        links = {str(name): float(until) for name, until in body["links"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}, {}
    return {one.id: one for one in found}, links


def _session(raw: dict[str, Any]) -> SignedIn:
    person = Person(str(raw["person"]["name"]), str(raw["person"]["role"]))
    if person.role not in ROLES:
        raise ValueError(person.role)
    account = Account(**raw["account"]) if raw["account"] else None
    used, began = float(raw["used"]), float(raw["began"])
    return SignedIn(str(raw["id"]), person, used, began, account)
