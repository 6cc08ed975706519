"""The file that `vrooli init` writes."""

import tomllib

from tests.support.stackfile import StackFile, schema_errors
from vrooli.stack.init import USUAL_PORTS, init_text
from vrooli.stack.schema import json_schema

PORTS = {"postgres": 25432, "server": 4001, "autoheal": 4002, "console": 4004, "web": 4003}
JOBS = [f"backup{what}" for what in ("", "-incremental", "-ship", "-prune", "-drill", "-reread")]
_TABLES = ("[scenarios.", "[jobs.", "[maintenance.", "[notify.", "[backup")


def uncommented(text: str) -> str:
    """With the commented keys and tables in force; what explains them stays a comment."""
    lines = []
    for line in text.splitlines():
        plain = line.removeprefix("# ")
        code = plain.startswith(_TABLES) or (" = " in plain and not plain.startswith("#"))
        lines.append(plain if code else line)
    return "\n".join(lines)


def test_it_is_the_default_stack_on_free_ports(file: StackFile) -> None:
    stack = file.load(init_text(PORTS, "shop"))
    assert stack.name == "shop"
    ports = {name: service.port for name, service in stack.services.items()}
    assert ports == {"postgres": 25432, "server": 4001, "autoheal": 4002, "console": 4004}
    assert stack.services["server"].env == {"DATABASE_URL": "resource:postgres"}


def test_ports_that_nobody_chose_are_the_usual_ones(file: StackFile) -> None:
    stack = file.load(init_text({}, "shop"))
    assert all(stack.services[name].port == USUAL_PORTS[name] for name in stack.services)


def test_everything_that_is_commented_out_can_be_taken_in(file: StackFile) -> None:
    text = uncommented(init_text(PORTS, "shop"))
    web = file.load(text).services["web"]
    assert web.port == 4003
    assert web.needs == ("postgres",)
    assert [*file.load(text).jobs] == ["report", *JOBS]
    assert [*file.load(text).backup.stores] == ["disk"]
    assert [*file.load(text).maintenance] == ["updates"]
    assert schema_errors(tomllib.loads(text), json_schema()) == []


def test_its_lines_fit_on_a_screen() -> None:
    assert max(map(len, init_text(PORTS, "shop").splitlines())) <= 100


def test_without_the_work_half_it_declares_no_server(file: StackFile) -> None:
    stack = file.load(init_text(PORTS, "shop", with_server=False))
    assert set(stack.services) == {"postgres", "console", "autoheal"}


def test_without_the_console_it_declares_none(file: StackFile) -> None:
    stack = file.load(init_text(PORTS, "shop", with_console=False))
    assert set(stack.services) == {"postgres", "server", "autoheal"}
