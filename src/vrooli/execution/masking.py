"""Takes secrets out of what is written down: a server may repeat what it was told."""

from collections.abc import Collection
from typing import Any

MASK = "***"


def masked(value: Any, secrets: Collection[str]) -> Any:
    """A JSON value with `***` where one of `secrets` stood in it, in keys as well."""
    if isinstance(value, str):
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, dict):
        return {masked(key, secrets): masked(one, secrets) for key, one in value.items()}
    if isinstance(value, list):
        return [masked(one, secrets) for one in value]
    return value
