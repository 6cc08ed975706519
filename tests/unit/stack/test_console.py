"""The console as a service of the stack."""

from tests.support.stackfile import StackFile
from vrooli.stack.compile_console import SERVER_VARIABLE, WATCHDOG_VARIABLE


def test_it_is_told_where_the_others_are(file: StackFile) -> None:
    text = '[autoheal]\nhost = "::"\nport = 4002\n[resources.postgres]\nkind = "postgres"\n'
    server = '[scenarios.server]\nport = 4001\nneeds = ["postgres"]\n'
    console = file.load(f"{text}{server}[scenarios.console]\nport = 4003\n").services["console"]
    assert (console.kind, console.port, console.health.target) == ("console", 4003, "/health")
    assert console.env == {
        WATCHDOG_VARIABLE: "http://[::1]:4002",
        SERVER_VARIABLE: "http://127.0.0.1:4001",
    }


def test_without_a_server_it_shows_health_alone_and_what_the_file_says_counts(
    file: StackFile,
) -> None:
    said = f'[scenarios.console]\nenv = {{ {WATCHDOG_VARIABLE} = "http://10.0.0.1:1" }}\n'
    assert file.load(said).services["console"].env == {WATCHDOG_VARIABLE: "http://10.0.0.1:1"}


def test_one_with_a_command_of_its_own_is_a_scenario_like_others(file: StackFile) -> None:
    other = file.load('[scenarios.console]\ncommand = ["true"]\n').services["console"]
    assert other.kind == "scenario"
    assert WATCHDOG_VARIABLE not in other.env
