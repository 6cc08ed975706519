"""The commented `vrooli.toml` that `vrooli init` writes: the default stack, and a scenario to fill
in."""

from collections.abc import Iterator, Mapping
from textwrap import wrap

from vrooli.stack.default import POSTGRES_PORT
from vrooli.stack.sections import (
    AutohealSection,
    ScenarioSection,
    keys,
)
from vrooli.stack.sections_backup import BackupSection, BackupStoreSection
from vrooli.stack.sections_jobs import JobSection
from vrooli.stack.sections_maintenance import MaintenanceSection
from vrooli.stack.sections_notify import ChannelSection, NotifySection

USUAL_PORTS = {
    "postgres": POSTGRES_PORT,
    "server": 3001,
    "autoheal": 3002,
    "console": 3003,
    "web": 8000,
}
"""What `free_ports` may name; the caller looks for free ones near these."""

_WIDTH = 100

_HEAD = """\
# What runs here. `vrooli up` starts it, in the order of the needs, and the watchdog keeps it up.
# `vrooli config check` looks for mistakes, `vrooli config schema` prints the JSON Schema of this
# file. Durations are seconds, or text like "500ms", "5s", "2m", "1h", "7d". Secrets never stand
# here: write `env:NAME` or `file:PATH` instead.
"""


def init_text(
    free_ports: Mapping[str, int], name: str, *, with_server: bool = True, with_console: bool = True
) -> str:
    """The file.

    Args:
        free_ports: by the names in `USUAL_PORTS`; what it does not name gets the usual one.
        name: of the stack.
        with_server: whether the server is installed.
        with_console: whether the console is.
    """
    ports = {**USUAL_PORTS, **free_ports}
    serve = f'["python3", "-m", "http.server", "{ports["web"]}"]'
    lines = [
        *_HEAD.splitlines(),
        "",
        "[stack]",
        f'name = "{name}"',
        "",
        "# Infrastructure that others need. The kind knows how to start, probe and stop it.",
        "[resources.postgres]",
        'kind = "postgres"',
        f"port = {ports['postgres']}",
        "",
        *(_server(ports["server"]) if with_server else ()),
        *(_console(ports["console"]) if with_console else ()),
        "# The watchdog.",
        "[autoheal]",
        f"port = {ports['autoheal']}",
        *_commented(AutohealSection, {"port": ""}),
        "",
        "# Who is told when a person is needed.",
        "[notify]",
        *_commented(NotifySection, {"channels": ""}),
        "",
        "# Without a channel nobody is told. The file holds an apprise URL, like mailtos://...",
        "# [notify.channels.phone]",
        *_commented(ChannelSection, {}),
        "",
        "# A scenario of your own: remove the first `# ` of each line that you want.",
        "# [scenarios.web]",
        *_commented(ScenarioSection, {"command": serve, "port": str(ports["web"])}),
        "",
        "# A job of your own: what runs at its times, to its end.",
        "# [jobs.report]",
        *_commented(JobSection, {}),
        "",
        "# Maintenance at its times.",
        "# [maintenance.updates]",
        *_commented(MaintenanceSection, {}),
        "",
        "# Restore points that are taken and proven by themselves: the line [backup] is enough.",
        "# [backup]",
        *_commented(BackupSection, {}),
        "",
        "# On another disk than the data.",
        "# [backup.stores.disk]",
        *_commented(BackupStoreSection, {}),
    ]
    return "\n".join(lines) + "\n"


def _server(port: int) -> Iterator[str]:
    yield "# Applications. One named `server` without a command is the API server of Vrooli itself."
    yield from ("[scenarios.server]", f"port = {port}", 'needs = ["postgres"]', "")


def _console(port: int) -> Iterator[str]:
    yield "# The console: everything in a browser. `vrooli console link` prints the way in."
    yield from ("[scenarios.console]", f"port = {port}", "")


def _commented(section: type, known: Mapping[str, str]) -> Iterator[str]:
    """Every key with an example, commented out below what it means. `known` replaces examples;
    empty leaves out."""
    for key in keys(section):
        example = known.get(key.name, key.example)
        if example:
            yield from (f"# # {line}" for line in wrap(key.doc, _WIDTH - 4))
            yield f"# {key.name} = {example}"
