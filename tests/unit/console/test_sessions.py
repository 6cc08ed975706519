"""Who is signed in, over restarts."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from vrooli.console import sessions as module
from vrooli.console.sessions import LONGEST, MOST, SECONDS, Account, Sessions
from vrooli.core.passes import ADMIN, OPERATOR, VIEWER, Person

ANN = Person("ann@example.org", OPERATOR)
ACCOUNT = Account("access", 1300.0, "refresh")


class World:
    """A file, and a clock that stands still."""

    def __init__(self, folder: Path) -> None:
        self.path, self.now = folder / "console-sessions.json", 1000.0
        self.sessions = self.again()

    def again(self) -> Sessions:
        """After a restart."""
        return Sessions(self.path, lambda: self.now)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_restart_signs_nobody_out_and_the_file_holds_no_cookie(world: World) -> None:
    token = world.sessions.begin(ANN, ACCOUNT)
    found = world.again().of(token)
    assert found is not None
    assert (found.person, found.account) == (ANN, ACCOUNT)
    assert token not in world.path.read_text()
    assert world.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"sessions": 7, "links": {}}',
        '{"sessions": [{}], "links": {}}',
        '{"sessions": [], "links": {"a": "b"}}',
        '{"sessions": [{"id": "a", "used": 1, "began": 1, "account": null, '
        '"person": {"name": "a", "role": "root"}}], "links": {}}',
    ],
)
def test_a_broken_file_signs_everybody_out_and_nobody_in(world: World, text: str) -> None:
    world.path.write_text(text)
    sessions = world.again()
    assert sessions.of("a") is None
    assert sessions.of(sessions.begin(ANN)) is not None


def test_a_session_is_over_when_nobody_uses_it_and_in_any_case_some_day(world: World) -> None:
    token = world.sessions.begin(ANN)
    world.now += SECONDS - 1
    assert world.sessions.of(token) is not None
    world.now += SECONDS - 1
    assert world.sessions.of(token) is not None
    while world.now < 1000 + LONGEST:
        assert world.sessions.of(token) is not None
        world.now += SECONDS / 2
    world.now += SECONDS / 2
    assert world.sessions.of(token) is None


def test_looking_whether_it_lasts_does_not_use_it(world: World) -> None:
    token = world.sessions.begin(ANN)
    one = world.sessions.of(token)
    assert one is not None
    world.now += SECONDS - 1
    assert world.sessions.lasting(one.id) is not None
    world.now += 2
    assert world.sessions.lasting(one.id) is None
    assert world.sessions.of(token) is None


def test_there_are_so_many_and_the_one_unused_for_longest_makes_room(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    tokens = []
    for _ in range(4):
        tokens.append(world.sessions.begin(ANN))
        world.now += 1
    assert [world.sessions.of(one) is not None for one in tokens] == [False, True, True, True]
    assert MOST >= 3


def test_a_link_is_taken_once_also_after_a_restart(world: World) -> None:
    assert world.sessions.take_link("one", 1600.0)
    assert not world.sessions.take_link("one", 1600.0)
    assert not world.again().take_link("one", 1600.0)
    world.now = 1601.0
    world.sessions.take_link("two", 2000.0)
    assert [*json.loads(world.path.read_text())["links"]] == ["two"]


def test_what_ended_is_unknown_at_once_and_changes_no_more(world: World) -> None:
    token = world.sessions.begin(ANN, ACCOUNT)
    one = world.sessions.of(token)
    assert one is not None
    world.sessions.change(one.id, replace(ANN, role=VIEWER), ACCOUNT)
    changed = world.sessions.of(token)
    assert changed is not None
    assert changed.person.role == VIEWER
    world.sessions.end(one.id)
    world.sessions.change(one.id, Person("ann@example.org", ADMIN), ACCOUNT)
    assert world.sessions.of(token) is None
    assert world.again().of(token) is None


def test_a_disk_that_takes_nothing_keeps_nobody_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "open", full)
    token = world.sessions.begin(ANN)
    assert world.sessions.of(token) is not None
