"""Composition of `vrooli backup key`: the identity that opens every restore point."""

import json
import os
import time
from pathlib import Path

from vrooli.backup.sealing import recipient_of
from vrooli.core.errors import StorageError, UsageError
from vrooli.host.secrets import secret_in
from vrooli.main.backup_place import BackupPlace
from vrooli.stack.durable import sync_folder, write_durably

_WORDS = """\
# The key of the restore points of a stack of Vrooli: an identity of age, https://age-encryption.org
# Whoever has it can read every restore point, and whoever has lost it none: keep it where neither a
# thief of the machine nor the loss of it gets at it, as on paper in a safe.
# public key: {recipient}
{identity}
"""


def export(place: BackupPlace, file: Path | None) -> str:
    """The identity with words on what it is for, also written to `file`; that this was done is
    written down in the home.

    Raises:
        UsageError: the file is there already, or would be lost together with the home.
        StorageError: it cannot be written.
    """
    place.keys()
    identity = secret_in(place.home.backup_identity)
    recipient = recipient_of(identity)
    text = _WORDS.format(recipient=recipient, identity=identity)
    if file is not None:
        _require_apart(file, place.home.root)
        _written(file, text)
    note = {"at": time.time(), "recipient": recipient}
    try:
        write_durably(place.home.backup_key_note, json.dumps(note))
    except OSError as error:
        raise StorageError(
            f"it cannot be written down that the key was exported: {error.strerror}",
            where=str(place.home.backup_key_note),
            next_step="make room there, then again",
        ) from error
    return text


def recipient(place: BackupPlace) -> str:
    """The public half, of whoever has the key.

    Raises:
        UsageError: there is no key yet.
    """
    path = place.home.backup_identity
    if not path.exists():
        raise UsageError(
            "there is no key yet",
            where=str(path),
            next_step="`vrooli backup run` and `vrooli backup key export` make it",
        )
    return recipient_of(secret_in(path))


def _require_apart(file: Path, home: Path) -> None:
    if file.resolve().is_relative_to(home.resolve()):
        raise UsageError(
            "a key in the home is lost together with it",
            where=str(file),
            next_step="name a file of another disk, or `-` and write it down elsewhere",
        )


def _written(file: Path, text: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        descriptor = os.open(file, flags, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as sink:
            sink.write(text)
            sink.flush()
            os.fsync(descriptor)
        sync_folder(file.parent)
    except FileExistsError as error:
        raise UsageError(
            "it is there already, and a key is never written over",
            where=str(file),
            next_step="name another file",
        ) from error
    except OSError as error:
        raise StorageError(
            f"the key cannot be written: {error.strerror}",
            where=str(file),
            next_step="name a file in a folder that is there and takes something",
        ) from error
