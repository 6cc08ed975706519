"""What is written about what was found can be read, whatever it is called."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.core.address import HostPort
from vrooli.stack.load import load_stack
from vrooli.stack.scanning.guess import Guess
from vrooli.stack.scanning.sections import Found, sections
from vrooli.stack.scanning.source import Thing

GUESSES = [
    Guess("postgres", open=False),
    Guess("redis"),
    Guess("redis", open=False),
    Guess("http"),
    Guess("http", open=False),
    Guess("tcp"),
]


def written(folder: Path, found: list[Found], taken: frozenset[str] = frozenset()) -> Path:
    """A stack file of what was found, and one service for each name that is taken."""
    ours = "".join(f'[scenarios.{name}]\ncommand = ["true"]\n' for name in sorted(taken))
    path = folder / "vrooli.toml"
    path.write_text(ours + "\n".join(text for _, text in sections(found, taken)), encoding="utf-8")
    return path


@pytest.mark.parametrize("guess", GUESSES)
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "192.0.2.7"])
def test_each_can_be_read_and_is_only_watched(guess: Guess, host: str, tmp_path: Path) -> None:
    found = [Found(Thing("Some App", about="some app"), HostPort(host, 4000), guess)]
    stack = load_stack(written(tmp_path, found), "python3")
    service = stack.services["some-app"]
    assert (service.heal, service.runtime, service.port) == ("watch", "external", 4000)
    assert service.host == host
    assert service.health.type == ("kind" if guess.open else "tcp")


HELD = [
    (None, {}),
    (Guess("tcp"), {"port": 4000}),
    (Guess("http", open=False), {"port": 4000}),
    (Guess("postgres", open=False), {"port": 4000}),
    (Guess("http"), {"port": 4000, "health": {"http": "http://127.0.0.1:4000/"}}),
    (Guess("redis"), {"kind": "redis", "url": "redis://127.0.0.1:4000"}),
]


@pytest.mark.parametrize(("guess", "expected"), HELD)
def test_what_a_manager_holds_is_named_by_it(guess: Guess | None, expected: dict[str, Any]) -> None:
    address = HostPort("127.0.0.1", 4000) if guess else None
    found = Found(Thing("Shop", "docker", "shop_web.1", about="container"), address, guess)
    [(name, text)] = sections([found], ())
    (section,) = (table[name] for table in tomllib.loads(text).values())
    holds = {"runtime": "docker", "container": "shop_web.1", "heal": "watch"}
    assert section == {**holds, **expected}


def test_names_are_unique_and_never_look_like_instances(tmp_path: Path) -> None:
    found = [
        Found(Thing(name), HostPort("127.0.0.1", 4000 + number), Guess("tcp"))
        for number, name in enumerate(["web", "web", "web-2", "web", "default", "x" * 60, "x" * 60])
    ]
    path = written(tmp_path, found, frozenset({"web", "autoheal-x"}))
    stack = load_stack(path, "python3")
    assert "web-on-4000" in stack.services
    assert sum(service.heal == "watch" for service in stack.services.values()) == 7


ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)


@given(names=st.lists(ANY, max_size=6), about=ANY)
def test_whatever_it_is_called(
    names: list[str], about: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = [
        Found(Thing(name, about=about), HostPort("127.0.0.1", 4000 + number), Guess("tcp"))
        for number, name in enumerate(names)
    ]
    stack = load_stack(written(tmp_path_factory.mktemp("s"), found), "python3")
    assert sum(service.heal == "watch" for service in stack.services.values()) == len(names)
