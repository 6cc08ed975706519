"""What each process loads. Keeper and watchdog must stay small, and live when others die."""

import json
import subprocess
import sys

HEAVY = {
    "aiohttp",
    "alembic",
    "apprise",
    "dbus_fast",
    "fastapi",
    "mcp",
    "nicegui",
    "openai",
    "procrastinate",
    "pydantic",
    "pydantic_ai",
    "requests",
    "rich",
    "sqlalchemy",
    "structlog",
    "typer",
    "vrooli.cli",
    "vrooli.console",
    "vrooli.execution",
    "vrooli.server",
}


def loaded(module: str) -> set[str]:
    """Every module in memory after `module` has been imported in a process of its own."""
    code = f"import sys, json, {module}; print(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-W", "error", "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


def test_the_keeper_is_standard_library_only() -> None:
    known = sys.stdlib_module_names | {"vrooli", "__main__"}
    foreign = {
        name for name in loaded("vrooli.host.keeper.main") if name.split(".")[0] not in known
    }
    # Packages that a .pth file of the environment loads into every process are not the keeper's.
    assert not foreign - loaded("sys")


def test_the_keeper_leaves_the_network_and_the_event_loop_alone() -> None:
    assert not loaded("vrooli.host.keeper.main") & {"asyncio", "ssl", "http.client", "sqlite3"}


def test_the_watchdog_loads_nothing_heavy_and_nothing_that_it_watches() -> None:
    assert not loaded("vrooli.main.watchdog") & HEAVY


def test_a_server_that_asks_no_model_does_not_load_the_agent_library() -> None:
    """Nor does who lists the types of steps. It takes a second and 40 MiB."""
    every_type = "import vrooli.main.server; from vrooli.execution import step_types as s"
    found = loaded(f"json; {every_type}; [s.step_type(name) for name in s.names()]")
    assert not found & {"pydantic_ai", "openai", "httpx2", "mcp"}


def test_a_server_that_sends_no_traces_loads_nothing_for_them() -> None:
    """It takes a tenth of a second and 6 MiB. The interface alone comes with FastAPI."""
    off = "import vrooli.main.tracing as t; assert t.traces_of({}, 'x') is None"
    found = loaded(f"json; import vrooli.main.server, vrooli.main.worker; {off}")
    heavy = ("opentelemetry.sdk", "opentelemetry.exporter", "google", "requests")
    assert not [name for name in found if name.startswith(heavy)]


def test_a_command_loads_neither_rich_nor_pydantic() -> None:
    """`vrooli status` has 250 ms; rich and pydantic take 100 each."""
    code = (
        "import sys; sys.argv = ['vrooli', '--version']; import vrooli.main.cli as cli\n"
        "try: cli.main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print(*[name for name in ('rich', 'pydantic') if name in sys.modules])"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    version, heavy = run.stdout.splitlines()
    assert version.startswith("vrooli ")
    assert not heavy


def test_a_command_begins_with_what_all_commands_need() -> None:
    """It takes a third of a second else, and people wait for every one of them."""
    found = loaded("vrooli.main.cli")
    assert not found & {"asyncio", "rich", "sqlite3", "ssl", "vrooli.stack.model"}
    assert not {name for name in found if name.startswith(("vrooli.host.", "vrooli.backup."))}
