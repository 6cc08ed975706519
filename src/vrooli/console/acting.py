"""What the console asks of watchdog and server, it asks as the person who is signed in: by passes
of some minutes, or by the person's own session at the server. It has no power of its own.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from vrooli.client.accounts import AccountsClient
from vrooli.client.api import NOBODY, Bearer
from vrooli.client.fleet import FleetClient
from vrooli.client.live import LiveClient
from vrooli.client.swarms import SwarmClient
from vrooli.client.watchdog import WatchdogClient
from vrooli.client.work import WorkClient
from vrooli.console.queues import Queues
from vrooli.console.sessions import Account, Sessions, SignedIn
from vrooli.console.settings import ConsoleSettings
from vrooli.core.address import HostPort
from vrooli.core.errors import AccessDenied, Unreachable
from vrooli.core.passes import FOR_SERVER, FOR_WATCHDOG, VIEWER, Passes, Person

Answer = TypeVar("Answer")

EARLY = 30.0
"""Seconds before its end at which an access token is exchanged: it must outlast the request."""

GRACE = 300.0
"""Seconds after the end of an access token for which the role that the server told last counts.
Somebody may have been kept out meanwhile: who is not confirmed by then may only look.
"""

AGAIN = "sign in again"


def account_of(pair: dict[str, Any], now: float) -> tuple[Person, Account]:
    """Who logged in at the server, and with which tokens."""
    account = Account(
        str(pair["access_token"]), now + float(pair["expires_in"]), str(pair["refresh_token"])
    )
    return Person(str(pair["email"]), str(pair["role"])), account


class Ways:
    """How the others are reached; shared by everybody who is signed in.

    Args:
        settings: of the console.
        sessions: who is signed in.
    """

    def __init__(self, settings: ConsoleSettings, sessions: Sessions) -> None:
        self.settings, self.sessions, self.queues = settings, sessions, Queues()
        self._turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()
        self._taking = threading.Lock()

    def acting(self, session: str) -> "Acting":
        """As that one."""
        return Acting(self, session)

    def server(self) -> HostPort:
        """Where the work is done; Unreachable when this stack has no server."""
        if self.settings.server is None:
            raise Unreachable(
                "this stack has no server, which does the work",
                next_step="declare it in vrooli.toml: [scenarios.server]",
            )
        return self.settings.server

    def is_due(self, session: str) -> bool:
        """Whether what somebody with an account may do was told too long ago."""
        one = self.sessions.lasting(session)
        return one is not None and one.account is not None and not _is_good(one.account)

    def exchanged(self, session: str) -> str:
        """A good access token of an account; the person may do what the server says now. A refresh
        token is good once: of those who ask at the same time for a session, one exchanges it.
        """
        with self._taking:
            turn = self._turns.setdefault(session, _Turn())
        with turn.lock:
            account = _account(self.sessions.known(session))
            if _is_good(account):
                return account.access
            try:
                pair = AccountsClient(self.server(), NOBODY).refresh(account.refresh)
            except AccessDenied as error:
                self.sessions.end(session)
                raise AccessDenied("the session is over", next_step=AGAIN) from error
            person, account = account_of(pair, time.time())
            self.sessions.change(session, person, account)
            return account.access


class _Turn:
    """Whose turn it is to exchange the tokens of a session."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def _is_good(account: Account) -> bool:
    return account.until - EARLY > time.time()


def unconfirmed(one: SignedIn, now: float) -> float:
    """Since when (unix seconds) what somebody may do is not confirmed, if that is too long ago; 0
    while it is good, and for who has no account.
    """
    if one.account is None or now <= one.account.until + GRACE:
        return 0.0
    return one.account.until


def _account(one: SignedIn | None) -> Account:
    if one is None or one.account is None:
        raise AccessDenied("the session is over", next_step=AGAIN)
    return one.account


@dataclass(frozen=True, slots=True)
class Acting:
    """One signed-in person. Every client raises AccessDenied once the session is over.

    Attributes:
        ways: how the others are reached.
        session: its id.
    """

    ways: Ways
    session: str

    @property
    def person(self) -> Person:
        """Who it is, and what it may do now; AccessDenied when the session is over."""
        signed_in = self._signed_in()
        if unconfirmed(signed_in, time.time()):
            return Person(signed_in.person.name, VIEWER)
        return signed_in.person

    @property
    def unconfirmed(self) -> float:
        """Since when (unix seconds) the server has not said what this person may do, where it may
        only look because of that; else 0.
        """
        signed_in = self.ways.sessions.lasting(self.session)
        return unconfirmed(signed_in, time.time()) if signed_in is not None else 0.0

    @property
    def has_account(self) -> bool:
        """Whether it is somebody with an account at the server."""
        return self._signed_in().account is not None

    @property
    def watchdog(self) -> WatchdogClient:
        """The watchdog, for one request."""
        passes = Passes(self.ways.settings.console_key, FOR_WATCHDOG)
        return WatchdogClient(
            self.ways.settings.watchdog,
            passes.make(self.person, time.time()),
            timeout=10.0,
            before=self.ways.queues.watchdog.need,
        )

    @property
    def work(self) -> WorkClient:
        """Routines and runs."""
        return WorkClient(self.ways.server(), self.bearer)

    @property
    def swarms(self) -> SwarmClient:
        """Swarms, and the runs that they are."""
        return SwarmClient(self.ways.server(), self.bearer)

    @property
    def accounts(self) -> AccountsClient:
        """Users and keys."""
        return AccountsClient(self.ways.server(), self.bearer)

    @property
    def fleet(self) -> FleetClient:
        """Other hosts."""
        return FleetClient(self.ways.server(), self.bearer)

    @property
    def live(self) -> LiveClient:
        """Runs as they go on."""
        return LiveClient(self.ways.server(), self.bearer)

    @property
    def bearer(self) -> Bearer:
        """As whom the server is asked."""
        return Bearer(self._server_token, AGAIN)

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """The answer of one of these clients, which waits in a thread: see `Queues.ask`. Whatever
        else blocks belongs into one of the queues.
        """
        return await self.ways.queues.ask(question)

    def _server_token(self) -> str:
        self.ways.queues.server.need()
        signed_in = self._signed_in()
        if signed_in.account is None:
            passes = Passes(self.ways.settings.signing_key, FOR_SERVER)
            return passes.make(signed_in.person, time.time())
        if _is_good(signed_in.account):
            return signed_in.account.access
        return self.ways.exchanged(self.session)

    def _signed_in(self) -> SignedIn:
        one = self.ways.sessions.known(self.session)
        if one is None:
            raise AccessDenied("the session is over", next_step=AGAIN)
        return one
