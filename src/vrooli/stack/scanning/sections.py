"""From what was found to sections of `vrooli.toml`. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from string import ascii_lowercase

from vrooli.core.address import HostPort
from vrooli.stack.compile_held import NAMED_BY
from vrooli.stack.model import AUTOHEAL
from vrooli.stack.names import LONGEST, name_from
from vrooli.stack.own import ALIASES, SERVER
from vrooli.stack.scanning.guess import Guess, Spoken
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

_WITH_PASSWORD = ("postgres", "redis")
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
    held = found.thing.key != ""
    lines = [f"# {_comment(found.thing.about)}{_says(found)}"]
    lines += _held(name, found) if held else _watched(name, found)
    return "\n".join([*lines, 'heal = "watch"', ""])


def _says(found: Found) -> str:
    return f"; speaks {_TITLE[found.guess.spoken]}" if found.guess is not None else ""


def _watched(name: str, found: Found) -> list[str]:
    """What only listens."""
    address, guess = found.address, found.guess
    if address is None or guess is None:
        raise RuntimeError("what neither is held nor answers is not listed")
    host = [] if address.host == "127.0.0.1" else [f"host = {_text(address.host)}"]
    lines = [f"[resources.{name}]", f'kind = "{guess.spoken}"', 'runtime = "external"']
    lines += [*host, f"port = {address.port}"]
    if guess.spoken in _WITH_PASSWORD and not guess.open:
        return [*lines, _CONNECTED, *_with_password(name, guess.spoken, address)]
    url = f"url = {_text(_url(guess.spoken, address))}"
    return [*lines, url, *([] if guess.open else [_CONNECTED])]


def _held(name: str, found: Found) -> list[str]:
    """What a manager holds. That a port takes connections says nothing about it: a proxy
    of the Docker Engine takes them, whatever happens behind; so its manager is asked.
    """
    thing, address, guess = found.thing, found.address, found.guess
    holds = [f'runtime = "{thing.runtime}"', f"{NAMED_BY[thing.runtime]} = {_text(thing.key)}"]
    if address is None or guess is None:
        return [f"[scenarios.{name}]", *holds]
    if guess.spoken in _WITH_PASSWORD and guess.open:
        url = f"url = {_text(_url(guess.spoken, address))}"
        return [f"[resources.{name}]", f'kind = "{guess.spoken}"', *holds, url]
    lines = [f"[scenarios.{name}]", *holds, f"port = {address.port}"]
    if guess.spoken == "http" and guess.open:
        return [*lines, f"health = {{ http = {_text(_url('http', address) + '/')} }}"]
    if guess.spoken in _WITH_PASSWORD:
        return [*lines, *_as_resource(name, guess.spoken, address)]
    return lines


def _with_password(name: str, spoken: Spoken, address: HostPort) -> list[str]:
    """How it can be asked, and not only connected to."""
    return [
        "# To have it asked in its own protocol, write its URL into a file that only you may read,",
        f"# {_SCHEME[spoken]}://USER:PASSWORD@{address}/..., and replace `health` by:",
        f'# url = "file:{name}.url"',
    ]


def _as_resource(name: str, spoken: Spoken, address: HostPort) -> list[str]:
    """The same where it is a scenario until then."""
    return [
        "# To have it asked in its own protocol, write its URL into a file that only you may read,",
        f"# {_SCHEME[spoken]}://USER:PASSWORD@{address}/..., and make it [resources.{name}] with:",
        f'# kind = "{spoken}"',
        f'# url = "file:{name}.url"',
    ]


def _url(spoken: Spoken, address: HostPort) -> str:
    return f"{_SCHEME[spoken]}://{address}"


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
