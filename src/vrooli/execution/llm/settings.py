"""Which language models there are, as whoever runs the server says in a text of TOML."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from vrooli.core.errors import UsageError

VARIABLE = "VROOLI_MODELS"

NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
REFERENCE = re.compile(r"(env|file):.+")
LONGEST_TIMEOUT = 3600.0


@dataclass(frozen=True, slots=True)
class Provider:
    """Whom to ask.

    Attributes:
        name: before the colon of `provider:model`.
        vendor: whose API it speaks: a file in `execution/models/`.
        base_url: where; empty: where the vendor is.
        api_key: reference of a secret; empty: none.
        per_minute: requests at most; 0: any number.
        timeout: seconds for which it may be silent.
        stream: whether it is asked for its answer word by word.
    """

    name: str
    vendor: str
    base_url: str = ""
    api_key: str = ""
    per_minute: float = 0.0
    timeout: float = 120.0
    stream: bool = True


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens."""

    input: float
    output: float


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Checked.

    Attributes:
        providers: by name.
        prices: by `provider:model`.
    """

    providers: Mapping[str, Provider] = field(default_factory=dict)
    prices: Mapping[str, Price] = field(default_factory=dict)


NO_MODELS = ModelSettings()


def read(text: str, vendors: list[str]) -> ModelSettings:
    """The settings; `UsageError` with the place of what is wrong. No value is repeated: it may be a
    secret.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at [^)]*\)", str(error))
        raise _wrong("", f"it is no TOML {place[0] if place else ''}".strip()) from None
    _known("", data, ("providers", "prices"))
    providers = _table(data, "providers")
    prices = _table(data, "prices")
    return ModelSettings(
        {name: _provider(name, _table(providers, name), vendors) for name in providers},
        {name: _price(name, _table(prices, name)) for name in prices},
    )


def _provider(name: str, data: Mapping[str, Any], vendors: list[str]) -> Provider:
    place = f"providers.{name}"
    if not NAME.fullmatch(name) or name == "test":
        raise _wrong(place, "a name has small letters, digits, `-` and `_`, and is not `test`")
    _known(
        place, data, ("vendor", "base_url", "api_key", "requests_per_minute", "timeout", "stream")
    )
    default = name if name in vendors else "openai"
    vendor = _text(place, data, "vendor", default)
    if vendor not in vendors:
        raise _wrong(f"{place}.vendor", f"expected one of {', '.join(vendors)}")
    base_url = _text(place, data, "base_url", "")
    if base_url and not _is_address(base_url):
        raise _wrong(f"{place}.base_url", "expected http:// or https://, a host, and no user in it")
    if vendor == "openai" and name != "openai" and not base_url:
        raise _wrong(place, "it needs a `base_url`, or the `vendor` that it is")
    api_key = _text(place, data, "api_key", "")
    if api_key and not REFERENCE.fullmatch(api_key):
        raise _wrong(f"{place}.api_key", "a secret must be a reference: `env:NAME` or `file:PATH`")
    per_minute = 0.0
    if "requests_per_minute" in data:
        per_minute = _number(place, data, "requests_per_minute", (1.0, 1e6))
    timeout = _number(place, {"timeout": 120.0, **data}, "timeout", (0.1, LONGEST_TIMEOUT))
    stream = data.get("stream", True)
    if not isinstance(stream, bool):
        raise _wrong(f"{place}.stream", "expected `true` or `false`")
    return Provider(name, vendor, base_url, api_key, per_minute, timeout, stream)


def _price(name: str, data: Mapping[str, Any]) -> Price:
    place = f'prices."{name}"'
    _known(place, data, ("input", "output"))
    missing = [key for key in ("input", "output") if key not in data]
    if missing:
        raise _wrong(f"{place}.{missing[0]}", "expected US dollars for a million tokens")
    dollars = [_number(place, data, key, (0.0, 1e6)) for key in ("input", "output")]
    return Price(*dollars)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:
        return False


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key, {})
    if not isinstance(value, dict):
        raise _wrong(key, "expected a table")
    return value


def _known(place: str, data: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in data:
        if key not in keys:
            raise _wrong(f"{place}.{key}".lstrip("."), f"expected one of {', '.join(keys)}")


def _text(place: str, data: Mapping[str, Any], key: str, default: str) -> str:
    value = data.get(key, default)
    if not isinstance(value, str):
        raise _wrong(f"{place}.{key}", "expected a text")
    return value


def _number(place: str, data: Mapping[str, Any], key: str, allowed: tuple[float, float]) -> float:
    value, (least, most) = data[key], allowed
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise _wrong(f"{place}.{key}", f"expected a number from {least:g} to {most:g}")
    return float(value)


def _wrong(place: str, what: str) -> UsageError:
    where = f"{VARIABLE}: {place}" if place else VARIABLE
    return UsageError(what, where=where, next_step="see docs/how-to/use-models.md")
