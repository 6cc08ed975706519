"""What a stack file is compiled to."""

from pathlib import Path

import pytest

from tests.support.stackfile import PYTHON, StackFile
from vrooli.core.errors import ConfigError
from vrooli.stack.load import load_stack
from vrooli.stack.model import Health, Thresholds


def test_without_a_file_there_are_a_database_the_server_the_console_and_the_watchdog() -> None:
    stack = load_stack(None, PYTHON)
    assert list(stack.services) == ["postgres", "server", "console", "autoheal"]
    ports = [service.port for service in stack.services.values()]
    assert (stack.name, stack.source, ports) == ("default", "", [15432, 3001, 3003, 3002])
    server = stack.services["server"]
    assert server.command == (PYTHON, "-m", "vrooli", "serve")
    assert server.needs == ("postgres",)
    assert server.env == {"DATABASE_URL": "resource:postgres"}
    assert (server.health.type, server.health.target) == ("http", "/health/live")
    assert server.cwd == ""
    assert stack.services["autoheal"].is_watchdog
    assert stack.services["autoheal"].command[0] == PYTHON


def test_an_empty_file_has_only_the_watchdog(file: StackFile) -> None:
    assert list(file.load("").services) == ["autoheal"]


def test_a_kind_fills_in_what_it_knows_better(file: StackFile) -> None:
    database = file.load('[resources.db]\nkind = "postgres"').services["db"]
    assert database.health == Health(type="kind", interval=5.0, timeout=4.5, failures=3, over=15.0)
    assert database.stop_signals == ("INT", "QUIT")
    assert (database.port, database.role, database.cwd) == (15432, "resource", "")


def test_options_of_a_kind_are_kept_as_written(file: StackFile) -> None:
    text = '[resources.db]\nkind = "postgres"\ndatabase = "shop"\nsettings = { work_mem = "8MB" }'
    options = file.load(text).services["db"].options
    assert options == {"database": "shop", "settings": {"work_mem": "8MB"}}


def test_a_scenario_with_a_port_is_probed_there_and_one_without_by_its_process(
    file: StackFile,
) -> None:
    assert file.scenario("port = 8000").health.type == "tcp"
    assert file.scenario("port = 8000").health.target == "8000"
    assert file.scenario("").health.type == "process"


@pytest.mark.parametrize(
    ("health", "type_", "target"),
    [
        ('{ http = "/ready" }', "http", "/ready"),
        ('{ http = "https://example.org/x" }', "http", "https://example.org/x"),
        ("{ tcp = true }", "tcp", "8000"),
        ("{ tcp = 9000 }", "tcp", "9000"),
        ("{ process = true }", "process", ""),
        ('{ exec = ["check"] }', "exec", ""),
        ('{ interval = "1m" }', "tcp", "8000"),
    ],
)
def test_each_probe_can_be_chosen(file: StackFile, health: str, type_: str, target: str) -> None:
    found = file.scenario(f"port = 8000\nhealth = {health}").health
    assert (found.type, found.target) == (type_, target)


def test_the_timeout_leaves_a_tenth_of_the_interval_and_is_never_above_five_seconds(
    file: StackFile,
) -> None:
    assert file.scenario('health = { interval = "500ms" }').health.timeout == pytest.approx(0.45)
    assert file.scenario('health = { interval = "1m" }').health.timeout == 5.0
    assert file.scenario('health = { interval = 9, timeout = "8s" }').health.timeout == 8.0


def test_relative_paths_start_at_the_file_and_a_tilde_is_the_home_folder(
    file: StackFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(file.path.parent)
    monkeypatch.setenv("HOME", "/home/somebody")
    text = '[scenarios.a]\ncommand = ["bin/run", "x/y"]\nenv = { T = "file:token" }\n'
    text += '[scenarios.b]\ncommand = ["run"]\ncwd = "~/b/../c"\nenv = { T = "file:~/token" }'
    services = file.load(text).services
    assert services["a"].cwd == folder
    assert services["a"].command == (f"{folder}/bin/run", "x/y")
    assert services["a"].env == {"T": f"file:{folder}/token"}
    assert services["b"].cwd == "/home/somebody/c"
    assert services["b"].command == ("run",)
    assert services["b"].env == {"T": "file:/home/somebody/token"}


def test_instances_get_numbers_and_ports_of_their_own(file: StackFile) -> None:
    text = '[scenarios.web]\ncommand = ["web"]\ninstances = 3\nport = 8000\n'
    services = file.load(text + '[scenarios.front]\ncommand = ["f"]\nneeds = ["web"]').services
    assert [name for name in services if name.startswith("web")] == ["web-1", "web-2", "web-3"]
    assert [services[f"web-{n}"].port for n in (1, 2, 3)] == [8000, 8001, 8002]
    assert services["web-3"].health.target == "8002"
    assert services["web-3"].group == "web"
    assert services["front"].needs == ("web",)


def test_the_watchdog_answers_to_both_of_its_names(file: StackFile) -> None:
    stack = file.load("[scenarios.vrooli-autoheal]\nport = 4002")
    assert list(stack.services) == ["autoheal"]
    assert (stack.autoheal.port, stack.services["autoheal"].port) == (4002, 4002)


def test_the_watchdog_can_be_left_out(file: StackFile) -> None:
    assert not file.load("[autoheal]\nenabled = false").services


def test_settings_of_the_watchdog(file: StackFile) -> None:
    text = '[autoheal]\nport = 4002\nsweep = "1m"\nheal_budget = 5\n'
    stack = file.load(text + "[checks.system-disk]\nwarning = 80\ncritical = 90.5")
    assert (stack.autoheal.port, stack.autoheal.sweep, stack.autoheal.heal_budget) == (4002, 60, 5)
    assert stack.checks["system-disk"].thresholds == Thresholds(80, 90.5)
    assert stack.services["autoheal"].port == 4002


def test_a_server_with_a_command_is_a_scenario_like_any_other(file: StackFile) -> None:
    server = file.load('[scenarios.server]\ncommand = ["mine"]').services["server"]
    assert (server.kind, server.command, server.port) == ("scenario", ("mine",), 0)


def test_our_server_is_told_only_what_it_needs_and_what_was_written_stays(
    file: StackFile,
) -> None:
    resources = '[resources.db]\nkind = "postgres"\n[resources.cache]\nkind = "redis"\n'
    said = '[scenarios.server]\nenv = { DATABASE_URL_FILE = "/run/url" }'
    alone = file.load(f"{resources}{said}").services["server"]
    assert alone.env == {"DATABASE_URL_FILE": "/run/url"}
    both = file.load(
        f'{resources}[scenarios.server]\nneeds = ["cache", "db"]\nenv = {{ A = "1" }}\n'
        'health = { interval = "2s" }'
    ).services["server"]
    assert both.env == {"REDIS_URL": "resource:cache", "DATABASE_URL": "resource:db", "A": "1"}
    assert (both.health.target, both.health.interval) == ("/health/live", 2.0)


DECLARE = 'declare [resources.postgres] with `kind = "postgres"`, and write'


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (
            '[resources.db]\nkind = "postgres"\n[scenarios.server]',
            'PostgreSQL; write `needs = ["db"]`',
        ),
        ("[scenarios.server]", f'{DECLARE} `needs = ["postgres"]`'),
        (
            '[resources.cache]\nkind = "redis"\n[scenarios.server]\nneeds = ["cache"]',
            f'{DECLARE} `needs = ["cache", "postgres"]`',
        ),
    ],
)
def test_our_server_without_a_database_is_told_the_line_to_add(
    file: StackFile, text: str, advice: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        file.load(text)
    said = str(caught.value)
    assert "scenarios.server.needs: no DATABASE_URL: the server keeps all in a" in said
    assert advice in said


def test_an_external_resource_gives_its_address_and_is_only_watched(file: StackFile) -> None:
    text = '[resources.db]\nkind = "postgres"\nruntime = "external"\n'
    database = file.load(f'{text}url = "postgresql://db.lan:6000/shop"').services["db"]
    assert (database.host, database.port, database.heal) == ("db.lan", 6000, "watch")
    assert not database.managed
    by_reference = file.load(f'{text}url = "env:DATABASE_URL"').services["db"]
    assert by_reference.url == "env:DATABASE_URL"
    by_file = file.load(f'{text}url = "file:url"').services["db"]
    assert by_file.url == f"file:{file.path.parent}/url"


def test_an_external_website_is_asked_by_http(file: StackFile) -> None:
    text = '[scenarios.site]\nruntime = "external"\nurl = "https://example.org/up"\n'
    site = file.load(text).services["site"]
    assert (site.health.type, site.health.target) == ("http", "https://example.org/up")
    assert (site.host, site.port) == ("example.org", 443)
    ready = file.load(f'{text}health = {{ http = "/ready" }}').services["site"]
    assert ready.health.target == "https://example.org/ready"


def test_a_kind_that_only_runs_elsewhere_needs_no_runtime(file: StackFile) -> None:
    service = file.load('[resources.api]\nkind = "http"\nurl = "https://api.lan"').services["api"]
    assert service.runtime == "external"


def test_signals_are_written_with_or_without_sig(file: StackFile) -> None:
    assert file.scenario('stop_signal = "SIGINT"').stop_signals == ("INT",)
    assert file.scenario('stop_signal = ["int", "QUIT"]').stop_signals == ("INT", "QUIT")


def test_numbers_in_the_environment_become_text(file: StackFile) -> None:
    assert file.scenario("env = { WORKERS = 4 }").env == {"WORKERS": "4"}


def test_a_byte_order_mark_is_no_mistake(file: StackFile, tmp_path: Path) -> None:
    file.path.write_bytes(b'\xef\xbb\xbf[stack]\nname = "shop"\n')
    assert load_stack(file.path, PYTHON).name == "shop"


def test_ports_of_external_services_and_of_other_addresses_do_not_clash(file: StackFile) -> None:
    file.load("""
        [resources.db]
        kind = "postgres"
        [resources.other]
        kind = "postgres"
        runtime = "external"
        url = "postgresql://127.0.0.1:15432/x"
        [scenarios.a]
        command = ["a"]
        host = "127.0.0.2"
        port = 15432
    """)
