"""Values of PostgreSQL as JSON, and back."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import asyncpg


def _given(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _number(text: str) -> int | float | str:
    """Any precision becomes the number that is nearest; what is none stays a text."""
    try:
        return int(text)
    except ValueError:
        number = float(text)
    return number if math.isfinite(number) else text


def _moment(text: str) -> str:
    """`2026-12-31 18:00:00+00` as ISO 8601; `infinity` stays."""
    return text.replace(" ", "T", 1) if text[0].isdigit() and not text.endswith("BC") else text


TEXTS: Mapping[str, tuple[Callable[[Any], str], Callable[[str], Any]]] = {
    "bytea": (_given, str),
    "cidr": (_given, str),
    "date": (_given, str),
    "inet": (_given, str),
    "interval": (_given, str),
    "json": (json.dumps, json.loads),
    "jsonb": (json.dumps, json.loads),
    "numeric": (_given, _number),
    "time": (_given, str),
    "timestamp": (_given, _moment),
    "timestamptz": (_given, _moment),
    "timetz": (_given, str),
    "uuid": (_given, str),
}
"""Types that go over the wire as texts, how a parameter is written and how a value is read."""


def plain(value: Any) -> Any:
    """What the driver made of a value, as JSON knows values; what it does not know, as text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):  # of json
        return value
    if isinstance(value, asyncpg.Record):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, asyncpg.Range):
        return None if value.isempty else [plain(value.lower), plain(value.upper)]
    if isinstance(value, asyncpg.BitString):
        return value.as_string().replace(" ", "")
    return str(value)
