"""Where a page ended, as a word that only this server reads: its lists are gone through with it.

Every list answers with `next_cursor`, which is the `cursor` of the page that follows; it is null
on the last one.
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Query

from vrooli.core.errors import UsageError

LONGEST = 4096
MOST = 2**63 - 1
LATEST = 1e11
"""Unix seconds; PostgreSQL knows no time much later."""

Cursor = Annotated[
    str | None, Query(max_length=LONGEST, description="`next_cursor` of the page before")
]
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def pack(*values: str | int | float) -> str:
    """The position after these values."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def unpack(cursor: str, *types: type) -> list[Any]:
    """Back to the values, each of its type.

    Raises:
        UsageError: it is not one of ours.
    """
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, binascii.Error, RecursionError):
        raise not_ours() from None
    if not isinstance(values, list) or [type(value) for value in values] != list(types):
        raise not_ours()
    if not all(map(_usable, values)):
        raise not_ours()
    return values


def not_ours() -> UsageError:
    """Somebody made the cursor up."""
    return UsageError(
        "the cursor is not one that this API gave out",
        where="cursor",
        next_step="start again without a cursor",
    )


def page(
    name: str, found: Sequence[Any], limit: int, position: Callable[[Any], str]
) -> dict[str, Any]:
    """`{name: [...], next_cursor}`.

    Args:
        name: what is listed.
        found: rows, one more than `limit` where more follow.
        limit: rows of a page.
        position: the cursor after a row.
    """
    rows = list(found[:limit])
    return {name: rows, "next_cursor": position(rows[-1]) if len(found) > limit else None}


def _usable(value: str | int | float) -> bool:
    """Whether PostgreSQL takes it: no NUL, no lone surrogate, a number of its size."""
    if isinstance(value, str):
        return not _UNSTORABLE.search(value)
    return math.isfinite(value) and 0 <= value <= (MOST if isinstance(value, int) else LATEST)
