"""What a text may be, in words: a pattern tells people nothing."""

from collections.abc import Mapping
from typing import Any

from vrooli.execution import signals
from vrooli.flow import reading
from vrooli.server.bodies import DOCUMENT, EMAIL, ID, PRINTABLE, SHA256, STORABLE
from vrooli.server.fleet import fleet
from vrooli.server.records import NAMED

_LOWER = "begins with a lower case letter and goes on with lower case letters, digits and `-`"

WORDS: Mapping[str, str] = {
    signals.NAME: f"{_LOWER}, at most 64 characters, like `invoice-paid`",
    f"^{reading.NAME.pattern}$": f"{_LOWER}, at most 63 characters, like `nightly-report`",
    fleet.NAME: "has lower case letters, digits, `-` and `.`, at most 63 characters, the first and"
    " the last a letter or digit, like `web-1`",
    SHA256: "is a SHA-256: 64 digits, 0-9 and a-f, as `--json` of the command that lists it shows",
    STORABLE: "is any text without the character NUL",
    NAMED: "is a text of at least one character, without the character NUL",
    PRINTABLE: "is a text in one line without control characters, like `nightly import`",
    DOCUMENT: "is `plan`, `policy`, or `board.` with a key of lower case letters, digits and `_`",
    EMAIL: "is an address like `ada@example.org`, without spaces",
    ID: "is an id as lists show it: letters, digits and signs, without spaces",
}
"""By the pattern; a test knows that none is missing."""


def said_of(fault: Mapping[str, Any]) -> str:
    """What is wrong with a parameter, as FastAPI tells of it."""
    pattern = fault.get("ctx", {}).get("pattern")
    if fault["type"] == "string_pattern_mismatch" and pattern in WORDS:
        return f"expected one that {WORDS[pattern]}"
    return str(fault["msg"])
