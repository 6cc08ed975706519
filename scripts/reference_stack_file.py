"""The page of `vrooli.toml`."""

from scripts.reference_markdown import table
from vrooli.stack import sections, sections_notify
from vrooli.stack.init import init_text
from vrooli.stack.sections_backup import (
    BackupFilesSection,
    BackupObjectivesSection,
    BackupSection,
    BackupStoreSection,
)
from vrooli.stack.sections_fleet import FleetSection
from vrooli.stack.sections_jobs import JobSection
from vrooli.stack.sections_limits import LimitsSection
from vrooli.stack.sections_maintenance import MaintenanceSection
from vrooli.stack.sections_mcp import McpSection

STACK_FILE = """\
# `vrooli.toml`

What runs on this host, said once. `vrooli init` writes a first one, `vrooli config check` names
every mistake with its line, `vrooli config schema` prints the JSON Schema for editors. Without a
file there is a default stack: PostgreSQL, the server and the watchdog.

The file is searched upward from the current folder, or named by `-f FILE`. Names of services have
at most 40 lower-case letters, digits and hyphens and begin with a letter. Durations are seconds
(`0.5`, `30`) or a text with one unit (`"500ms"`, `"5s"`, `"2m"`, `"1h"`, `"7d"`). Relative paths
start at the folder of the file, `~` is the home folder. A key that is not listed here is an error.

Secrets never stand in the file: `env:NAME` is a variable of the environment of the watchdog, which
is that of the `vrooli up` that started it, `file:PATH` the content of a file that not every user of
the host may read, without its last newline ([secrets](../how-to/secrets.md)). In `env`,
`resource:NAME` is the connection URL of a resource, with its password.
"""


def stack_file() -> str:
    """The keys of `vrooli.toml`."""
    parts = {
        "[stack]": sections.StackSection,
        "[resources.NAME]": sections.ResourceSection,
        "[scenarios.NAME]": sections.ScenarioSection,
        "health": sections.HealthSection,
        "limits": LimitsSection,
        "[jobs.NAME]": JobSection,
        "[maintenance.NAME]": MaintenanceSection,
        "[autoheal]": sections.AutohealSection,
        "[autoheal.allow]": sections.AllowSection,
        "[checks.NAME]": sections.CheckSection,
        "[mcp.NAME]": McpSection,
        "[notify]": sections_notify.NotifySection,
        "[notify.channels.NAME]": sections_notify.ChannelSection,
        "[fleet]": FleetSection,
        "[backup]": BackupSection,
        "[backup.stores.NAME]": BackupStoreSection,
        "[backup.files.NAME]": BackupFilesSection,
        "[backup.objectives]": BackupObjectivesSection,
    }
    text = STACK_FILE
    for head, section in parts.items():
        text += f"\n## `{head}`\n\n{sections.summary(section)}\n\n"
        if section is sections.ScenarioSection:
            text += "Its keys are those of a resource without `kind`.\n"
        else:
            text += keys_of(section)
    sample = init_text({}, "default")
    return f"{text}\n## What `vrooli init` writes\n\n```toml\n{sample}```\n"


def keys_of(section: type) -> str:
    """The table of a section's keys."""
    rows = [(f"`{k.name}`", k.doc, k.expects, k.default) for k in sections.keys(section)]
    return table("key | meaning | takes | without it", rows)
