"""Finding secrets that were written in plain text, and reading references to them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from vrooli.stack.references import is_reference

NEXT = "write `env:NAME` or `file:PATH` instead of the secret itself"

_SECRET_ENDINGS = ("PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "APIKEY", "CREDENTIALS")
_SECRET_WORDS = ("KEY", "PASS", "PWD", "AUTH", "CREDENTIAL", "DSN")
_HARMLESS_ENDINGS = ("PUBLIC_KEY",)
_HARMLESS_VALUES = re.compile(r"(?:|true|false|yes|no|on|off|none|\d{1,6})", re.IGNORECASE)
_FILE_NAME = re.compile(r"(?:~|\.{1,2})?/[\w./-]*\.[A-Za-z]{1,8}", re.ASCII)
_URL_PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s?#@]*:[^/\s?#]+@", re.IGNORECASE | re.ASCII)
_DSN_PASSWORD = re.compile(r"(?:^|[\s;?&])(?:password|passwd|pwd)\s*=\s*[^\s;&]", re.IGNORECASE)
_HEADER = re.compile(r"\s*([A-Za-z0-9-]{1,128})\s*[=:]\s*(\S.*)", re.ASCII)
_SECRET_HEADERS = ("authorization", "proxy-authorization", "cookie", "x-honeycomb-team")
_ENV = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def reference_problem(value: str) -> str | None:
    """What is wrong with the form of a reference, in plain words."""
    if value.startswith("env:") and not _ENV.fullmatch(value):
        return "`env:` takes the name of a variable, like `env:API_KEY`"
    if value.startswith("vault:"):
        return "`vault:` is not supported yet by this version; write `env:NAME` or `file:PATH`"
    if value.startswith(("file:", "resource:")) and not value.partition(":")[2].strip():
        return "nothing follows the colon of the reference"
    return None


def carries_password(value: str) -> bool:
    """Whether a URL or connection string with its password stands in `value`."""
    if is_reference(value):
        return False
    return bool(_URL_PASSWORD.search(value) or _DSN_PASSWORD.search(value) or _in_query(value))


def is_plain_secret(name: str, value: str) -> bool:
    """Whether `name = value` puts a secret into the file: by the look of the name, or of a password
    in the value."""
    if is_reference(value):
        return False
    if carries_password(value) or _in_headers(name, value):
        return True
    harmless = _HARMLESS_VALUES.fullmatch(value) or _FILE_NAME.fullmatch(value)
    return names_a_secret(name) and not harmless


def names_a_secret(name: str) -> bool:
    """Whether a variable of this name usually holds a secret."""
    upper = name.upper().replace("-", "_").strip("_")
    if upper.endswith(_HARMLESS_ENDINGS):
        return False
    words = upper.split("_")
    last_word = len(words) > 1 and words[-1] in _SECRET_WORDS
    return upper.endswith(_SECRET_ENDINGS) or upper == "KEY" or last_word or "SECRET_KEY" in upper


def texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """All texts inside a value of a kind's option, each with the key next to it."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts(item, str(key))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item, name)


def _in_headers(name: str, value: str) -> bool:
    """Whether one of `header=value,header=value` lets somebody in, as OpenTelemetry has them. A
    name that could mean much else counts where the variable says that it holds headers.
    """
    named = name.upper().endswith(("HEADER", "HEADERS"))
    for part in value.split(","):
        found = _HEADER.fullmatch(part)
        if found is None or _HARMLESS_VALUES.fullmatch(found[2]):
            continue
        header = found[1].lower()
        if header in _SECRET_HEADERS or ((named or "-" in header) and names_a_secret(header)):
            return True
    return False


def _in_query(value: str) -> bool:
    if "://" not in value:
        return False
    try:
        query = parse_qsl(urlsplit(value).query)
    except ValueError:
        return False
    return any(_names_entry(key) and item for key, item in query)


def _names_entry(key: str) -> bool:
    """Whether a part of a query lets somebody in; a sign before it makes it a header of requests to
    come (`+Authorization`), as addresses of notifications have them.
    """
    plain = key.lstrip(" +-:")
    return names_a_secret(plain) or plain.lower() in _SECRET_HEADERS
