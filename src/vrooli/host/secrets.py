"""Port `Secrets`: the environment, files, and our own secrets below the home."""

import errno
import os
import re
import secrets
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from vrooli.core.errors import SecretError, StorageError, UnsetVariable
from vrooli.stack.durable import sync_folder

LARGEST = 64 * 1024
"""Bytes of a secret; keys and certificates are far smaller."""

RANDOM_BYTES = 32
"""256 bits: as hard to guess as the keys of any cipher in use."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO must not make us wait for ever


class FileSecrets:
    """Resolves `env:NAME` and `file:PATH`; makes our own secrets at random. No value is ever kept,
    shown or logged.

    Args:
        folder: of our own secrets, made with mode 0700 when the first one is.
        environment: where `env:NAME` looks.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment

    def resolve(self, reference: str) -> str:
        """The value behind `reference`. Raises SecretError, UnsetVariable."""
        scheme, _, rest = reference.partition(":")
        if scheme == "env":
            return self._variable(reference, rest)
        if scheme == "file":
            return _checked(reference, _read_file(reference, Path(rest)))
        # Whatever it is may be a secret that was written in plain text: it is not repeated.
        raise SecretError(
            "a secret must be a reference", next_step="write `env:NAME` or `file:PATH`"
        )

    def create(self, name: str) -> str:
        """The value of our own secret `name`, made now when there is none; two makers at once get
        the same value.

        Raises:
            SecretError: the name, or what lies under it, cannot be a secret of ours.
            StorageError: the disk refuses.
        """
        if not _NAME.fullmatch(name):
            raise SecretError(
                "not a name for a secret",
                where=name,
                next_step="a name has letters, digits, `.`, `_` and `-`",
            )
        path = self._folder / name
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make_private(self._folder, 0o700, os.O_DIRECTORY)
            if not path.exists():
                _make(path, _random)
            _make_private(path, 0o600)
            return _checked(name, _read_file(name, path, follow=False))
        except OSError as error:
            raise _not_kept(path, error) from error

    def _variable(self, reference: str, name: str) -> str:
        value = self._environment.get(name)
        if value is None:
            raise UnsetVariable(
                "the variable is not set", where=reference, next_step=f"export {name}=..."
            )
        return _checked(reference, value)


def secret_in(path: Path, fresh: Callable[[], str] | None = None) -> str:
    """The secret in a file, made now when there is none: by `fresh`, else at random. Its folder,
    which may be anybody's, is left as it is.

    Raises:
        SecretError: the file cannot be read, or others can read it.
        StorageError: the disk refuses.
    """
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make(path, fresh or _random)
    except OSError as error:
        raise _not_kept(path, error) from error
    return _checked(str(path), _read_file(str(path), path))


def _not_kept(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"cannot keep a secret: {error.strerror}",
        where=str(path),
        next_step="free some space or make the folder writable, then try again",
    )


def _checked(where: str, value: str) -> str:
    if not value:
        raise SecretError("the secret is empty", where=where, next_step="give it a value")
    if "\0" in value:
        raise SecretError(
            "the secret holds a zero byte, which no variable can",
            where=where,
            next_step="store it as text, for example in base64",
        )
    return value


def _read_file(where: str, path: Path, *, follow: bool = True) -> str:
    """The text without the newline that editors put at its end. Links are followed: Kubernetes
    mounts secrets as such."""
    try:
        descriptor = os.open(path, _READ | (0 if follow else os.O_NOFOLLOW))
    except OSError as error:
        raise SecretError(
            f"cannot read the secret: {error.strerror}",
            where=where,
            next_step=f"check that {path} exists and that this user may read it",
        ) from error
    try:
        _require_private(where, path, os.fstat(descriptor))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(LARGEST + 1)
    finally:
        os.close(descriptor)
    if len(content) > LARGEST:
        raise SecretError(
            f"the secret is larger than {LARGEST} bytes",
            where=where,
            next_step="a secret is one line of text: store the rest elsewhere",
        )
    try:
        text = content.decode()
    except UnicodeDecodeError:
        # Without its cause: that error carries the bytes.
        raise SecretError(
            "the secret is not UTF-8 text",
            where=where,
            next_step="store it as UTF-8, for example in base64",
        ) from None
    return text.removesuffix("\n").removesuffix("\r")


def _require_private(where: str, path: Path, facts: os.stat_result) -> None:
    """Groups may read: that is how secrets are handed to services. The world may not, and nobody
    else may change it."""
    if not stat.S_ISREG(facts.st_mode):
        raise SecretError("not a file", where=where, next_step="name a regular file")
    if facts.st_mode & (stat.S_IROTH | stat.S_IWOTH):
        raise SecretError(
            "every user of this host can get at the secret",
            where=where,
            next_step=f"chmod 600 {path}",
        )


def _random() -> str:
    return secrets.token_urlsafe(RANDOM_BYTES)


def _make(path: Path, fresh: Callable[[], str]) -> None:
    """Write beside and link: the name appears with its whole content, and of two makers the first
    one wins."""
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(fresh() + "\n")
            file.flush()
            os.fsync(descriptor)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def _make_private(path: Path, mode: int, flags: int = 0) -> None:
    """Take rights away that somebody gave; raises PermissionError when another user owns it."""
    descriptor = os.open(path, _READ | os.O_NOFOLLOW | flags)
    try:
        facts = os.fstat(descriptor)
        if facts.st_uid not in (os.geteuid(), 0):
            raise PermissionError(errno.EPERM, "it belongs to another user", str(path))
        if stat.S_IMODE(facts.st_mode) & ~mode:
            os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)
