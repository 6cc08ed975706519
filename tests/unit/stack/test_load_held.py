"""Containers and units in a stack file."""

import re

import pytest

from tests.support.stackfile import PYTHON, StackFile
from vrooli.core.errors import ConfigError
from vrooli.stack.load import load_stack
from vrooli.stack.model import Stack

BOX = '[scenarios.box]\nruntime = "docker"\n'
NAMED = f'{BOX}container = "box"\n'
UNIT = '[scenarios.web]\nruntime = "systemd"\n'
WEB = f'{UNIT}unit = "web.service"\n'


def test_a_container_is_looked_at_by_its_engine_unless_something_else_is_said(
    file: StackFile,
) -> None:
    box = file.load(f"{NAMED}port = 80").services["box"]
    assert (box.runtime, box.held, box.health.type) == ("docker", "box", "process")
    box = file.load(f'{NAMED}port = 80\nhealth = {{ http = "/" }}').services["box"]
    assert (box.health.type, box.health.target) == ("http", "/")


def test_a_resource_in_a_container_is_asked_in_its_own_protocol(file: StackFile) -> None:
    text = '[resources.db]\nkind = "postgres"\nruntime = "docker"\ncontainer = "db"\n'
    db = file.load(f'{text}url = "env:DB_URL"').services["db"]
    assert (db.held, db.health.type, db.url) == ("db", "kind", "env:DB_URL")


def test_a_unit_is_looked_at_like_a_process_of_ours(file: StackFile) -> None:
    web = file.load(f"{WEB}port = 80").services["web"]
    assert (web.runtime, web.held, web.health.type) == ("systemd", "web.service", "tcp")
    assert file.load(WEB).services["web"].health.type == "process"
    web = file.load(f'{UNIT}unit = "app@1.service"').services["web"]
    assert web.held == "app@1.service"


def test_the_engine_may_listen_elsewhere(file: StackFile) -> None:
    assert file.load(NAMED).docker == "/run/docker.sock"
    assert file.load(f'[stack]\ndocker = "unix:///x/y.sock"\n{NAMED}').docker == "/x/y.sock"
    assert file.load(f'[stack]\ndocker = "/x/y.sock"\n{NAMED}').docker == "/x/y.sock"


def around(file: StackFile, text: str, docker_host: str) -> tuple[str, str]:
    """Where the Engine is, and what says so, with this `DOCKER_HOST`."""
    file.path.write_text(text, encoding="utf-8")
    stack = load_stack(file.path, PYTHON, docker_host=docker_host)
    again = Stack.from_json(stack.to_json())
    assert (again.docker, again.docker_from) == (stack.docker, stack.docker_from)
    return stack.docker, stack.docker_from


def test_where_the_file_says_nothing_the_docker_commands_own_variable_holds(
    file: StackFile,
) -> None:
    said = f'[stack]\ndocker = "/x/y.sock"\n{NAMED}'
    assert around(file, NAMED, "unix:///run/user/1/d.sock") == ("/run/user/1/d.sock", "DOCKER_HOST")
    assert around(file, said, "unix:///run/user/1/d.sock") == ("/x/y.sock", "")
    assert around(file, NAMED, "") == ("/run/docker.sock", "")
    assert around(file, said, "tcp://there:2376") == ("/x/y.sock", "")


@pytest.mark.parametrize("there", ["tcp://there:2376", "ssh://there", "unix://d.sock"])
def test_an_engine_that_is_not_reached_is_not_taken_for_the_one_here(
    file: StackFile, there: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"DOCKER_HOST is '{there}'")):
        around(file, NAMED, there)
    none = '[scenarios.web]\ncommand = ["web"]\n'
    assert around(file, none, there) == ("/run/docker.sock", "")


ONE_PROBLEM = [
    (BOX, '1: scenarios.box.container: `runtime = "docker"` needs a `container`: the name of'),
    (f'{BOX}container = "-x"', "3: scenarios.box.container: expected the name of a container"),
    (f"{BOX}container = 3", "3: scenarios.box.container: expected the name of a container"),
    (f'{NAMED}command = ["x"]', "4: scenarios.box.command: the container has that already"),
    (f'{NAMED}env = {{ A = "b" }}', "4: scenarios.box.env: the container has that already"),
    (f'{NAMED}user = "me"', "4: scenarios.box.user: the container has that already"),
    (f'{NAMED}cwd = "/"', "4: scenarios.box.cwd: the container has that already"),
    (f"{NAMED}instances = 2", "4: scenarios.box.instances: the container has that already"),
    (f'{NAMED}stop_signal = "INT"', "4: scenarios.box.stop_signal: the container has that"),
    (f'{NAMED}config_test = ["x"]', "4: scenarios.box.config_test: only for what is started here"),
    (f'{NAMED}url = "http://x"', '4: scenarios.box.url: only for `runtime = "external"`'),
    (
        '[scenarios.web]\ncommand = ["web"]\ncontainer = "box"',
        '3: scenarios.web.container: only for `runtime = "docker"`; leave it out',
    ),
    (
        '[resources.db]\nkind = "postgres"\nruntime = "docker"\ncontainer = "db"',
        "1: resources.db.url: needs the `url` of this postgres, or a reference to it",
    ),
    (
        '[resources.db]\nkind = "redis"\nruntime = "docker"\ncontainer = "db"\n'
        'url = "redis://127.0.0.1:6379"\nmax_memory = "1gb"',
        "6: resources.db.max_memory: the container has that already; leave it out",
    ),
    (
        f'{NAMED}[scenarios.other]\nruntime = "docker"\ncontainer = "box"',
        "6: scenarios.other.container: the container `box` is also that of `box`",
    ),
    (UNIT, '1: scenarios.web.unit: `runtime = "systemd"` needs a `unit`: the whole name of'),
    (f'{UNIT}unit = "web"', "3: scenarios.web.unit: expected the whole name of a service's unit"),
    (f'{UNIT}unit = "-x.service"', "3: scenarios.web.unit: expected the whole name of a service's"),
    (f'{UNIT}unit = "web.timer"', "3: scenarios.web.unit: expected the whole name of a service's"),
    (
        f'[stack]\nname = "shop"\n{UNIT}unit = "vrooli-shop.service"',
        "5: scenarios.web.unit: is the unit of this stack itself",
    ),
    (
        f'[stack]\nname = "shop"\n{UNIT}unit = "vrooli-shop-0123abcd.service"',
        "5: scenarios.web.unit: is the unit of this stack itself",
    ),
    (f'{WEB}command = ["x"]', "4: scenarios.web.command: the unit has that already; leave it out"),
    (f'{WEB}container = "x"', '4: scenarios.web.container: only for `runtime = "docker"`'),
    (
        f'{WEB}[scenarios.other]\nruntime = "systemd"\nunit = "web.service"',
        "6: scenarios.other.unit: the unit `web.service` is also that of `web`",
    ),
    ('[stack]\ndocker = "tcp://x:1"', "2: stack.docker: expected the whole path of a socket"),
    (
        '[resources.api]\nkind = "http"\nruntime = "docker"\ncontainer = "api"',
        "3: resources.api.runtime: a http cannot run as `docker`",
    ),
]


@pytest.mark.parametrize(("text", "expected"), ONE_PROBLEM)
def test_what_does_not_fit_is_named_with_its_line(
    file: StackFile, text: str, expected: str
) -> None:
    problems = file.problems(text)
    assert any(problem.startswith(expected) for problem in problems), problems
