"""From what was found to sections of `vrooli.toml`. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from string import ascii_lowercase

from vrooli.core.address import HostPort
from vrooli.stack.model import AUTOHEAL
from vrooli.stack.names import LONGEST, name_from
from vrooli.stack.own import ALIASES, SERVER
from vrooli.stack.scanning.guess import Guess, Spoken
from vrooli.stack.scanning.known import KEYS
from vrooli.stack.scanning.source import Thing

_TITLE = {
    "postgres": "PostgreSQL",
    "redis": "Redis",
    "http": "HTTP",
    "tcp": "a protocol unknown to us",
}
_SCHEME = {"postgres": "postgresql", "redis": "redis", "http": "http", "tcp": "tcp"}

RESERVED = (SERVER, AUTOHEAL, *ALIASES)
"""Names of our own programs: a service that is called so would be one of them."""

_CONNECTED = "health = { tcp = true }"


@dataclass(frozen=True, slots=True)
class Found:
    """A thing with what it speaks; without an address it does not listen."""

    thing: Thing
    address: HostPort | None = None
    guess: Guess | None = None


def sections(found: Sequence[Found], taken: Collection[str]) -> list[tuple[str, str]]:
    """Name and text of a section for each; names are not in `taken`."""
    names = {*taken, *RESERVED}
    made = []
    for one in found:
        name = _name(one, names)
        names.add(name)
        made.append((name, _section(name, one)))
    return made


def _name(found: Found, taken: set[str]) -> str:
    base = name_from(found.thing.name)
    port = [f"-on-{found.address.port}"] if found.address is not None else []
    endings = ["", *port, *(f"-other{letter}" for letter in ascii_lowercase)]
    for ending in endings:
        name = base[: LONGEST - len(ending)].rstrip("-") + ending
        if _is_free(name, taken):
            return name
    return _name(replace(found, thing=replace(found.thing, name=f"x-{base}")), taken)


def _is_free(name: str, taken: set[str]) -> bool:
    """Whether it is neither taken nor looks like an instance: `web-2` is one of `web`."""
    group, _, number = name.rpartition("-")
    instance = number.isdigit() and group in taken
    others = (other.removeprefix(f"{name}-") for other in taken if other.startswith(f"{name}-"))
    return not (name in taken or instance or any(other.isdigit() for other in others))


def _section(name: str, found: Found) -> str:
    thing, spoken = found.thing, found.guess.spoken if found.guess else ""
    resource = spoken in ("postgres", "redis") or (spoken != "" and thing.runtime == "external")
    lines = [
        f"# {_comment(thing.about)}{_says(found)}",
        f"[{'resources' if resource else 'scenarios'}.{name}]",
    ]
    lines += [f'kind = "{spoken}"'] if resource else []
    lines += [f'runtime = "{thing.runtime}"']
    lines += [f"{KEYS[thing.runtime]} = {_text(thing.key)}"] if thing.key else []
    lines += _where(name, found) if found.address is not None else []
    return "\n".join([*lines, 'heal = "watch"', ""])


def _says(found: Found) -> str:
    if found.guess is None:
        return ""
    return f"; speaks {_TITLE[found.guess.spoken]}"


def _where(name: str, found: Found) -> list[str]:
    address, guess = found.address, found.guess
    if address is None or guess is None:
        return []
    external = found.thing.runtime == "external"
    host = [] if address.host == "127.0.0.1" else [f"host = {_text(address.host)}"]
    lines = [*host, f"port = {address.port}"]
    if guess.spoken in ("postgres", "redis") and not (guess.open and external):
        return [*lines, _CONNECTED, *_with_password(name, guess.spoken, found)]
    if external:
        url = f"url = {_text(f'{_SCHEME[guess.spoken]}://{address}')}"
        return [*lines, url, *([] if guess.open else [_CONNECTED])]
    asked = guess.spoken == "http" and guess.open
    return [*lines, 'health = { http = "/" }' if asked else _CONNECTED]


def _with_password(name: str, spoken: Spoken, found: Found) -> list[str]:
    """How it can be asked, and not only connected to."""
    if found.thing.runtime != "external":
        return []
    return [
        "# To have it asked in its own protocol, write its URL into a file that only you may read,",
        f"# {_SCHEME[spoken]}://USER:PASSWORD@{found.address}/..., and replace `health` by:",
        f'# url = "file:{name}.url"',
    ]


def _comment(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:120]


def _text(value: str) -> str:
    """A string of TOML."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return (
        '"'
        + "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in escaped)
        + '"'
    )
