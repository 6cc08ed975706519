"""What would change by what is asked, as people read it. Pure."""

import difflib
import json
from collections.abc import Mapping
from typing import Any

MOST = 2000
"""Lines that are compared; longer ones are shown one after the other."""


def diff_of(shows: Any) -> str:
    """Text as it is; of `{before, after}` a unified diff, anything but text in them as JSON with
    its keys in order; empty for nothing, and where nothing would change.
    """
    if shows is None:
        return ""
    if not isinstance(shows, Mapping) or shows.keys() != {"before", "after"}:
        return _text(shows)
    before, after = (_text(shows[key]).splitlines() for key in ("before", "after"))
    if before == after:
        return ""
    if max(len(before), len(after)) > MOST:
        return "\n".join(("--- before", *before, "+++ after", *after))
    return "\n".join(difflib.unified_diff(before, after, "before", "after", lineterm=""))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
