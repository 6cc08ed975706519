"""Names of stacks and services."""

import re

DEFAULT_NAME = "default"
"""Of a stack that says no other."""

NAME_PATTERN = r"^[a-z][a-z0-9-]{0,39}$"
"""Names become file names, unix socket names and labels; 40 characters keep socket paths below 107
bytes."""

NAME_EXPECTED = (
    "a name of at most 40 lower-case letters, digits and hyphens that begins with a letter"
)

_NAME = re.compile(NAME_PATTERN.replace("$", r"\Z"), re.ASCII)


def valid_name(name: str) -> bool:
    """Whether `name` may name a service or a stack."""
    return _NAME.match(name) is not None
