"""The stores of a stack: what `[backup.stores]` names, and the folder of the home where it names
none.
"""

import json
import math
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from vrooli.backup.owning import Owner
from vrooli.core.errors import ConfigError, NotOurs, UnknownName
from vrooli.core.home import Home
from vrooli.core.ports.blobs import Blobs
from vrooli.host.blob_bucket import BlobBucket, Bucket
from vrooli.host.blob_folder import BlobFolder, disk_told, is_there
from vrooli.host.restic import Restic, ResticBlobs
from vrooli.host.secrets import FileSecrets
from vrooli.main.home_owner import bound_id
from vrooli.stack.backup_settings import RESTIC, BackupSettings, StoreSettings
from vrooli.stack.compiled import read_compiled

HERE = "here"
"""The store in the home, where no other is named."""

RECOVERED = "recovered-from"
"""The store that a home is being recovered from."""


@dataclass(frozen=True, slots=True)
class BackupStores:
    """Of one home."""

    home: Home
    environment: Mapping[str, str]

    def backup(self) -> BackupSettings:
        """What the stack says of backups; what holds by itself where none was brought up."""
        path = self.home.stack_json
        return read_compiled(path).backup if path.exists() else BackupSettings()

    def settings(self) -> dict[str, StoreSettings]:
        """By name: folders first, which are the nearest, then as the stack file has them."""
        stores = self.backup().stores
        named = {name: store for name, store in stores.items() if not store.is_restic}
        if not named:
            return {HERE: StoreSettings(HERE, f"file://{self.home.root / 'backups'}")}
        ordered = sorted(named.items(), key=lambda item: not _is_folder(item[1].url))
        return dict(ordered)

    def repositories(self) -> dict[str, StoreSettings]:
        """Those of restic, by name: they hold parts of points, beside the stores."""
        return {name: one for name, one in self.backup().stores.items() if one.is_restic}

    def restic(self, store: StoreSettings) -> Restic:
        """That of a name.

        Raises:
            SecretError: a reference cannot be resolved.
        """
        secrets = FileSecrets(self.home.secrets, self.environment)
        access, secret = store.access_key, store.secret_key
        return Restic(
            store.url.removeprefix(RESTIC),
            secrets.resolve(store.password),
            self.home.root / "restic-cache",
            secrets.resolve(access) if access else self._given("AWS_ACCESS_KEY_ID"),
            secrets.resolve(secret) if secret else self._given("AWS_SECRET_ACCESS_KEY"),
        )

    def readable(self) -> dict[str, StoreSettings]:
        """These, and the store that this home is being recovered from, which is only read: another
        machine may be writing to it.
        """
        found = self.settings()
        path = self.home.recovery
        if path.exists():
            said = json.loads(path.read_text(encoding="utf-8"))["store"]
            found[RECOVERED] = StoreSettings(**said)
        return found

    def one(self, name: str) -> StoreSettings:
        """That of a name.

        Raises:
            UnknownName: there is none.
        """
        known = self.readable() | self.repositories()
        if name not in known:
            raise UnknownName(
                f"there is no store `{name}`", name, next_step=f"there is: {', '.join(known)}"
            )
        return known[name]

    def own(self) -> Owner:
        """This home, as the owner of stores from now on."""
        path = self.home.stack_json
        stack = read_compiled(path).name if path.exists() else ""
        return Owner(bound_id(self.home).id, os.uname().nodename, stack, time.time())

    def told(self, refused: NotOurs) -> NotOurs:
        """The same, with where this home comes from if it is a copy."""
        if not (before := bound_id(self.home).before):
            return refused
        what = f"{refused.what}; this home was copied or moved here from {before}, and is another"
        return NotOurs(what, where=refused.where, next_step=refused.next_step)

    def blobs(self, name: str, *, prunes: bool = False) -> Blobs:
        """What it is made of; `prunes`: as whoever may remove there.

        Raises:
            UnknownName: there is none.
            SecretError: a reference cannot be resolved.
            ConfigError: its address cannot be understood.
        """
        return self.blobs_of(self.one(name), prunes=prunes)

    def blobs_of(self, store: StoreSettings, *, prunes: bool = False) -> Blobs:
        """The same of one that is not in the stack file."""
        if store.is_restic:
            return ResticBlobs(self.restic(store))
        if _is_folder(store.url):
            return BlobFolder(folder_of(store))
        return BlobBucket(self.bucket(store, prunes=prunes))

    def bucket(self, store: StoreSettings, *, prunes: bool = False) -> Bucket:
        """Where one is, and who we are there."""
        secrets = FileSecrets(self.home.secrets, self.environment)
        access, secret = store.access_key, store.secret_key
        if prunes and store.prune_access_key:
            access, secret = store.prune_access_key, store.prune_secret_key
        name, prefix = _bucket_of(store)
        return Bucket(
            name=name,
            prefix=prefix,
            endpoint=_endpoint(store.endpoint),
            region=store.region or self._given("AWS_REGION") or "us-east-1",
            access_key=secrets.resolve(access) if access else self._given("AWS_ACCESS_KEY_ID"),
            secret_key=secrets.resolve(secret) if secret else self._given("AWS_SECRET_ACCESS_KEY"),
            locked=store.lock > 0,
        )

    def _given(self, name: str) -> str:
        return self.environment.get(name, "")

    def folder(self, name: str) -> Path | None:
        """Where one is that is a folder of this machine."""
        store = self.one(name)
        return folder_of(store) if _is_folder(store.url) else None

    def room(self, name: str) -> float:
        """Bytes that are free there; infinite where nobody can tell."""
        store = self.one(name)
        return room_in(folder_of(store)) if _is_folder(store.url) else math.inf


def room_in(folder: Path) -> float:
    """Bytes that are free where a folder is, or will be.

    Raises:
        StorageError: nobody can tell.
    """
    with disk_told(folder, "cannot tell its room"):
        near = next(path for path in (folder, *folder.parents) if is_there(path))
        return float(shutil.disk_usage(near).free)


def store_at(text: str, endpoint: str = "") -> StoreSettings:
    """The store that a person names on the command line: a folder, or a URL.

    Raises:
        ConfigError: it is neither.
    """
    url = text if "://" in text else f"file://{Path(text).absolute()}"
    store = StoreSettings("from", url, endpoint=endpoint)
    if _is_folder(url):
        folder_of(store)
    else:
        _bucket_of(store)
    return store


def folder_of(store: StoreSettings) -> Path:
    """Where a store of a folder is."""
    path = Path(unquote(urlsplit(store.url).path))
    if urlsplit(store.url).netloc or not path.is_absolute():
        raise _no_address(store)
    return path


def _is_folder(url: str) -> bool:
    return url.startswith("file:")


def _bucket_of(store: StoreSettings) -> tuple[str, str]:
    parts = urlsplit(store.url)
    if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc:
        raise _no_address(store)
    return parts.netloc, parts.path.strip("/")


def _endpoint(text: str) -> str:
    """Without a scheme it is TLS: nobody sends backups in the clear by leaving something out."""
    return text if not text or "://" in text else f"https://{text}"


def _no_address(store: StoreSettings) -> ConfigError:
    return ConfigError(
        "this is no address of a store",
        where=f"backup.stores.{store.name}",
        next_step="write file:///absolute/folder or s3://bucket/prefix, and keys as references",
    )
