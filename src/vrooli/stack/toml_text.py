"""Reading TOML, with the place where it is broken. Standard library only."""

import re
import tomllib
from pathlib import Path
from typing import Any

from vrooli.core.errors import ConfigError

NEXT = "correct it; `vrooli config check` looks again, and a running stack is left alone meanwhile"

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def parse(text: str, path: Path) -> dict[str, Any]:
    """The tables in `text`, which is that of the file `path`. ConfigError, with line and column,
    when it is no TOML.
    """
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError("nested too deeply", where=str(path), next_step=NEXT) from error
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.search(str(error))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        column = f":{found[2]}" if found and found[2] else ""
        what = _PLACE.sub("", str(error))
        place = f"{path}:{line}{column}"
        raise ConfigError(f"not TOML: {what}", where=place, next_step=NEXT) from error
    except ValueError as error:  # of int(), which refuses thousands of digits
        raise ConfigError("a number is too long", where=str(path), next_step=NEXT) from error
