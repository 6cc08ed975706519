"""The session of whoever logged in here, in a 0600 file, and the tokens that it shows."""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vrooli.client.accounts import AccountsClient
from vrooli.client.api import NOBODY, Bearer
from vrooli.core.address import HostPort
from vrooli.core.errors import AccessDenied, CutOff, DeadlineExceeded, StorageError

MAX_FILE = 16_384
EARLY = 30.0
"""Seconds before its end at which an access token is exchanged: it must outlast the request."""

AGAIN = "`vrooli login`"


@dataclass(frozen=True, slots=True)
class Login:
    """A session with one server.

    Attributes:
        host: of the server.
        port: likewise.
        email: whose it is.
        access: opens the API until then.
        until: unix seconds.
        refresh: gets the next two, once.
    """

    host: str
    port: int
    email: str
    access: str = field(repr=False)
    until: float
    refresh: str = field(repr=False)

    @property
    def server(self) -> HostPort:
        """Whose."""
        return HostPort(self.host, self.port)


def login_of(server: HostPort, pair: Mapping[str, Any], now: float) -> Login:
    """What the server answered to whoever logged in."""
    return Login(
        server.host,
        server.port,
        str(pair["email"]),
        str(pair["access_token"]),
        now + float(pair["expires_in"]),
        str(pair["refresh_token"]),
    )


@dataclass(frozen=True, slots=True)
class LoginFile:
    """Where it is kept, for all commands of one user of this machine."""

    path: Path

    def read(self) -> Login | None:
        """The session; None when nobody is logged in.

        Raises:
            StorageError: the file cannot be read, or is none of ours.
        """
        try:
            with self.path.open("rb") as file:
                return Login(**json.loads(file.read(MAX_FILE)))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._trouble(error.strerror or "") from error
        except (ValueError, TypeError) as error:
            raise self._trouble("it holds no session") from error

    def write(self, login: Login) -> None:
        """Keep it; whoever reads meanwhile finds the old one or the new one, whole."""
        new = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                new.unlink()
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(asdict(login), file)
            new.replace(self.path)
        except OSError as error:
            raise self._trouble(error.strerror or "") from error

    def remove(self) -> None:
        """Nobody is logged in any more."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise self._trouble(error.strerror or "") from error

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While no other command exchanges the token: two that did would end the session."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._trouble(error.strerror or "") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _trouble(self, why: str) -> StorageError:
        return StorageError(
            f"the session cannot be kept here: {why}",
            where=str(self.path),
            next_step="mend or remove the file, then `vrooli login`",
        )


@dataclass(frozen=True, slots=True)
class Session:
    """Shows the access token of whoever is logged in, and gets the next one in time."""

    file: LoginFile

    def bearer(self) -> Bearer:
        """As whom requests are sent."""
        return Bearer(self.token, f"the session is over: {AGAIN}")

    def token(self) -> str:
        """One that is good for a while.

        Raises:
            AccessDenied: nobody is logged in, or the session is over.
            VrooliError: the server does not answer.
        """
        login = self._login()
        if _good(login):
            return login.access
        with self.file.alone():
            login = self._login()  # another command may have been first
            if not _good(login):
                login = self._exchanged(login)
                self.file.write(login)
        return login.access

    def _login(self) -> Login:
        login = self.file.read()
        if login is None:
            raise AccessDenied("nobody is logged in", next_step=AGAIN)
        return login

    def _exchanged(self, login: Login) -> Login:
        server = login.server
        try:
            pair = AccountsClient(server, NOBODY).refresh(login.refresh)
        except AccessDenied as error:
            raise AccessDenied(error.what, where=str(server), next_step=AGAIN) from error
        except (CutOff, DeadlineExceeded) as error:
            # The server may have exchanged it: to show it again would look like a theft.
            self.file.remove()
            raise AccessDenied(
                f"the session was lost: {error.what}", where=str(server), next_step=AGAIN
            ) from error
        return login_of(server, pair, time.time())


def _good(login: Login) -> bool:
    return login.until - EARLY > time.time()
