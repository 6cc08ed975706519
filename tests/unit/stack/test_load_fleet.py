"""`[fleet]` in a stack file."""

import pytest

from tests.support.stackfile import StackFile
from vrooli.stack.diff import difference
from vrooli.stack.model import FleetSettings, Stack

SERVER = '[fleet]\nserver = "https://vrooli.example.org"\n'


def test_without_it_nothing_is_posted(file: StackFile) -> None:
    assert file.load("").fleet == FleetSettings()
    data = file.load("").to_json()
    del data["fleet"]
    assert Stack.from_json(data).fleet == FleetSettings()


def test_every_key_is_compiled(file: StackFile) -> None:
    stack = file.load(f'{SERVER}token = "file:secrets/fleet"\nevery = "30s"')
    token = f"file:{file.path.parent}/secrets/fleet"
    assert stack.fleet == FleetSettings("https://vrooli.example.org", token, 30.0)
    assert Stack.from_json(stack.to_json()).fleet == stack.fleet


@pytest.mark.parametrize("host", ["127.0.0.1:3001", "localhost:3001", "[::1]:3001", "127.1.2.3"])
def test_plain_http_goes_to_this_machine(file: StackFile, host: str) -> None:
    text = f'[fleet]\nserver = "http://{host}"\ntoken = "env:FLEET"'
    assert file.load(text).fleet.server == f"http://{host}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (SERVER, "1: fleet.token: missing: `server` and `token` belong together"),
        ('[fleet]\ntoken = "env:X"', "1: fleet.server: missing: `server` and `token` belong"),
        (
            f'{SERVER}token = "vrh_hunter2"',
            "3: fleet.token: a secret in plain text; write `env:NAME` or `file:PATH`",
        ),
        (f'{SERVER}token = "resource:db"', "3: fleet.token: expected `env:NAME` or `file:PATH`"),
        (f'{SERVER}token = "env:a b"', "3: fleet.token: `env:` takes the name of a variable"),
        (f'{SERVER}token = "env:X"\nevery = "1s"', "4: fleet.every: expected a duration from 5"),
        (f'{SERVER}token = "env:X"\nevry = 9', "4: fleet.evry: unknown key `evry`; did you mean"),
        (
            '[fleet]\nserver = "http://10.0.0.1:3001"\ntoken = "env:X"',
            "2: fleet.server: plain HTTP to another machine would show the token",
        ),
        (
            '[fleet]\nserver = "http://localhost.example.org"\ntoken = "env:X"',
            "2: fleet.server: plain HTTP to another machine would show the token",
        ),
        (
            '[fleet]\nserver = "https://me:hunter2@host"\ntoken = "env:X"',
            "2: fleet.server: a password in plain text",
        ),
        ('[fleet]\nserver = "host"\ntoken = "env:X"', "2: fleet.server: expected `https://HOST"),
        (
            '[fleet]\nserver = "https://host/path"\ntoken = "env:X"',
            "2: fleet.server: a path has no place here",
        ),
        ("fleet = 3", "1: fleet: expected a table"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_no_secret(
    file: StackFile, text: str, problem: str
) -> None:
    (found,) = file.problems(text)
    assert found.startswith(problem), found
    assert "hunter2" not in found


def test_an_edit_of_it_is_a_difference(file: StackFile) -> None:
    before = file.load(f'{SERVER}token = "env:A"')
    after = file.load(f'{SERVER}token = "env:B"')
    assert difference(before, after).settings == ("fleet.token",)
    assert not difference(before, before)
