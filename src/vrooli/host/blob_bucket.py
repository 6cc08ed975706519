"""Port `Blobs`: a bucket of a server that speaks S3.

A blob is written only where there is none of its name, whole or not at all: that is what the
server promises for a conditional PUT.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from vrooli.core.errors import (
    DeadlineExceeded,
    NotStored,
    StorageError,
    TooLarge,
    Unreachable,
    VrooliError,
)
from vrooli.core.ports.blobs import LARGEST, NAME

if TYPE_CHECKING:
    from obstore.store import S3Store

REQUEST = 300.0
"""Seconds of one request: a piece of 16 MiB needs an uplink of half a megabit a second."""
ANSWER = 30.0
"""Seconds of one that is small: who lists, or asks for a manifest, waits for no uplink."""
CONNECT = 5.0
"""Seconds until a server has taken a connection."""
TRIES = 4
"""How often a request is sent again that nobody answered."""
AGAIN_FOR = 60.0
"""Seconds after which it is sent no more."""
LONGEST_PAUSE = 4.0
"""Seconds between two tries."""

_SMALL = 256 * 1024
_LARGE = ("packs/", "wal/")
"""How names begin of what may be large."""

_CODE = re.compile(r"<Code>([A-Za-z0-9]{1,60})</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_OF_THE_MACHINE = "http://169.254."
"""Where a machine in a cloud is asked for keys; elsewhere nobody is there, or a firewall."""
_BUSY = frozenset(
    ("SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "OperationAborted")
)
_NEXT = {
    "NoSuchBucket": "make the bucket, or name another one",
    "AccessDenied": "give these credentials the rights they need here",
    "InvalidAccessKeyId": "check the reference to the access key",
    "SignatureDoesNotMatch": "check the reference to the secret key",
    "RequestTimeTooSkewed": "set the clock of this machine",
}


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where one is, and who we are there.

    Attributes:
        name: of the bucket.
        prefix: before every name in it; may be empty.
        endpoint: URL of the server; empty for Amazon's.
        region: of the bucket.
        access_key, secret_key: empty: what the environment or the machine gives.
        locked: whether the server wants to see a checksum of its own with what it locks.
    """

    name: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    locked: bool = False

    @property
    def where(self) -> str:
        """Its address, for people."""
        place = "/".join(part for part in (self.name, self.prefix) if part)
        return f"s3://{place}" + (f" at {self.endpoint}" if self.endpoint else "")


class BlobBucket:
    """See the module.

    Args:
        bucket: which one.
        patience: seconds of one request at the most.
        tries: how often one is sent again.
    """

    def __init__(self, bucket: Bucket, patience: float = REQUEST, tries: int = TRIES) -> None:
        self._bucket, self._patience, self._tries = bucket, patience, tries

    @cached_property
    def _slow(self) -> "S3Store":
        return _store(self._bucket, self._patience, self._tries, AGAIN_FOR)

    @cached_property
    def _quick(self) -> "S3Store":
        """One request that nobody answers is enough."""
        patience = min(self._patience, ANSWER)
        return _store(self._bucket, patience, self._tries, patience)

    @property
    def where(self) -> str:
        """See the port."""
        return self._bucket.where

    def put(self, name: str, data: bytes) -> bool:
        """See the port."""
        return self.put_version(name, data) is not None

    def put_version(self, name: str, data: bytes) -> str | None:
        """The same: the version that it is, empty where the bucket keeps none; None when there is
        a blob of this name already.
        """
        from obstore.exceptions import AlreadyExistsError

        if len(data) > LARGEST:
            raise TooLarge(f"a blob has at most {LARGEST} bytes", where=name)
        store = self._quick if len(data) <= _SMALL else self._slow
        with self._told(name, "cannot keep"):
            try:
                done = store.put(_checked(name), data, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return None
            except FileNotFoundError as error:  # a PUT knows no other reason
                raise _no_bucket(f"{self.where}: {name}") from error
            return done["version"] or ""

    def get(self, name: str) -> bytes:
        """See the port."""
        store = self._slow if name.startswith(_LARGE) else self._quick
        with self._told(name, "cannot read"):
            found = store.get(_checked(name))
            if found.meta["size"] > LARGEST:
                raise TooLarge(f"it has more than {LARGEST} bytes", where=f"{self.where}: {name}")
            return bytes(found.bytes())

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """See the port."""
        with self._told(prefix, "cannot list"):
            top = _checked(prefix.rstrip("/"))
            found = [(one["path"], one["size"]) for some in self._quick.list(top) for one in some]
        yield from sorted(found)

    def delete(self, name: str) -> None:
        """See the port. Where the bucket keeps versions, those before stay."""
        with self._told(name, "cannot remove"):
            try:
                self._quick.delete(_checked(name))
            except FileNotFoundError as error:
                if _code(error) == "NoSuchBucket":
                    raise

    @contextmanager
    def _told(self, name: str, what: str) -> Iterator[None]:
        from obstore.exceptions import BaseError

        where = f"{self.where}: {name}"
        try:
            yield
        except FileNotFoundError as error:
            if _code(error) == "NoSuchBucket":
                raise _no_bucket(where) from None
            raise NotStored("there is nothing of this name", where=where) from None
        except BaseError as error:
            # Its text may hold what the server repeats of us: never further.
            raise _translated(error, where, what) from None


def _store(bucket: Bucket, patience: float, tries: int, again_for: float) -> "S3Store":
    from obstore.store import S3Store

    keys = {"access_key_id": bucket.access_key, "secret_access_key": bucket.secret_key}
    more = {
        "endpoint": bucket.endpoint,
        "region": bucket.region,
        "checksum_algorithm": "SHA256" if bucket.locked else "",
        **keys,
    }
    return S3Store(
        bucket.name,
        prefix=bucket.prefix or None,
        config={key: value for key, value in more.items() if value},  # type: ignore[arg-type]
        disable_bulk_delete=True,  # not every server has it, and it hides who may not
        client_options={
            "allow_http": bucket.endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=CONNECT),
            "timeout": timedelta(seconds=patience),
        },
        retry_config={
            "max_retries": tries,
            "retry_timeout": timedelta(seconds=again_for),
            "backoff": {"max_backoff": timedelta(seconds=LONGEST_PAUSE)},
        },
    )


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"no name for a blob: {name!r}")
    return name


def _code(error: Exception) -> str:
    found = _CODE.search(str(error))
    return found[1] if found else ""


def _translated(error: Exception, where: str, what: str) -> VrooliError:
    text, code = str(error), _code(error)
    if _OF_THE_MACHINE in text:
        return StorageError(
            f"{what}: no keys are given, and this machine has none of its own",
            where=where,
            next_step="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or `access_key` and "
            "`secret_key` of the store",
        )
    status = _STATUS.search(text)
    if code in _BUSY or (status and status[1].startswith("5") and not code.endswith("Full")):
        return Unreachable(
            f"{what}: the server is not able to answer now ({code or (status and status[1])})",
            where=where,
        )
    if status:
        said = code or f"HTTP {status[1]}"
        return StorageError(
            f"{what}: the server refuses: {said}",
            where=where,
            next_step=_NEXT.get(code, "look this word up in what the server's maker says of it"),
        )
    if "timed out" in text or "TimedOut" in text:
        return DeadlineExceeded(f"{what}: no answer in time", where=where)
    if "error sending request" in text or "error decoding response body" in text:
        return Unreachable(
            f"{what}: nobody answers",
            where=where,
            next_step="check the network, and the address of the server",
        )
    return StorageError(
        f"{what}: {text.partition(chr(10))[0][:200]}",
        where=where,
        next_step="check the settings of this store",
    )


def _no_bucket(where: str) -> StorageError:
    return StorageError("there is no such bucket", where=where, next_step=_NEXT["NoSuchBucket"])
