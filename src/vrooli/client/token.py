"""The operator token, read from its 0600 file each time, so that a new one needs no restart."""

from pathlib import Path

from vrooli.core.errors import AccessDenied, StorageError, Unreachable

MAX_TOKEN = 4096
"""Bytes; ours has 43 characters, a signed one stays far below this."""


def read_token(path: Path) -> str:
    """The token in `path`; it appears in no error text.

    Raises:
        Unreachable: there is no such file yet.
        AccessDenied: it may not be read, or holds no token.
        StorageError: there can be no such file, or its disk does not give it.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_TOKEN + 1)
    except FileNotFoundError as error:
        raise Unreachable(
            "there is no operator token: nothing was started here yet",
            where=str(path),
            next_step="`vrooli up`",
        ) from error
    except PermissionError as error:
        raise AccessDenied(
            f"the operator token cannot be read ({error.strerror})",
            where=str(path),
            next_step="run as the user that owns the stack",
        ) from error
    except OSError as error:
        raise StorageError(
            f"the operator token cannot be read ({error.strerror})",
            where=str(path),
            next_step="check VROOLI_HOME, and the disk that the home is on",
        ) from error
    token = raw.decode("ascii", "replace").strip()
    if not token or len(raw) > MAX_TOKEN or not token.isprintable() or not token.isascii():
        raise AccessDenied("the file holds no token", where=str(path), next_step="`vrooli up`")
    return token
