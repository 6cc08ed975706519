"""Sizes of memory as people write them: `1073741824`, `"512M"`, `"1.5G"`. Always bytes inside."""

import re

EXPECTED = 'a number of bytes, or text like "512M" or "1.5G" (K, M, G, T; 1K is 1024 bytes)'

TEXT = r"[0-9]+(\.[0-9]+)?[KMGT]"
"""Also in the JSON Schema."""

_BYTES = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_TEXT = re.compile(TEXT, re.ASCII)
_ALMOST = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT])I?B?", re.ASCII | re.IGNORECASE)
"""As others write them: `512MB`, `512 MiB`, `512m`."""


def parse_size(value: int | str) -> int:
    """Bytes. Raises ValueError with plain words when `value` is no size."""
    if isinstance(value, int):
        return value
    if _TEXT.fullmatch(value) is None:
        raise ValueError(f"expected {EXPECTED}{_meant(value)}")
    return int(float(value[:-1]) * _BYTES[value[-1]])


def _meant(value: str) -> str:
    found = _ALMOST.fullmatch(value.strip())
    return f'; did you mean "{found[1]}{found[2].upper()}"?' if found else ""
