"""Settings from the environment: every `NAME` may be given as `NAME_FILE`, the path of a file that
holds the value.
"""

from collections.abc import Mapping
from pathlib import Path

from vrooli.core.errors import UsageError

MAX_BYTES = 65536


def read_environment(environ: Mapping[str, str], name: str) -> str | None:
    """The value of `name`, or the content of the file named by `name`_FILE without surrounding
    blanks; None without either.

    Raises `UsageError` when both are given or the file cannot be read. The text names the variable,
    never a value.
    """
    direct, path = environ.get(name), environ.get(f"{name}_FILE")
    if direct and path:
        raise UsageError(
            f"both {name} and {name}_FILE are set", where=name, next_step="keep one of them"
        )
    if not path:
        return direct or None
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.read(MAX_BYTES).strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the file cannot be read ({type(error).__name__})",
            where=f"{name}_FILE={path}",
            next_step="check the path and its permissions",
        ) from error


def database_url(environ: Mapping[str, str]) -> str:
    """Where everything is kept.

    Raises:
        UsageError: nobody says; a service of a stack is told which lines of its file would.
    """
    found = read_environment(environ, "DATABASE_URL")
    if found is not None:
        return found
    advice = "set DATABASE_URL or DATABASE_URL_FILE, or start the server with `vrooli up`"
    place = ""
    if service := environ.get("VROOLI_SERVICE"):
        place = f"service `{service}`"
        env = 'env = { DATABASE_URL = "resource:postgres" }'
        advice = f'write `needs = ["postgres"]` and `{env}` for it in vrooli.toml'
    raise UsageError("DATABASE_URL is not set", where=place, next_step=advice)
