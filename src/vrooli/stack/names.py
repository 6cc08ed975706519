"""Names of stacks and services."""

import re
import unicodedata

DEFAULT_NAME = "default"
"""Of a stack that says no other."""

NAME_PATTERN = r"^[a-z][a-z0-9-]{0,39}$"
"""Names become file names, unix socket names and labels; 40 characters keep socket paths below 107
bytes."""

NAME_EXPECTED = (
    "a name of at most 40 lower-case letters, digits and hyphens that begins with a letter"
)

LONGEST = 40

_NAME = re.compile(NAME_PATTERN.replace("$", r"\Z"), re.ASCII)


def valid_name(name: str) -> bool:
    """Whether `name` may name a service or a stack."""
    return _NAME.match(name) is not None


def name_from(text: str) -> str:
    """A name made of `text` (that of a folder): `My Shop (2)` is `my-shop-2`. `DEFAULT_NAME` when
    nothing of it can stand in a name.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).lstrip("-0123456789")[:LONGEST].strip("-")
    return name or DEFAULT_NAME
