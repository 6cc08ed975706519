"""`vrooli.conf`, the generated part of postgresql.conf: pure, sized to the machine."""

import re
from collections.abc import Mapping

from vrooli.core.errors import ConfigError
from vrooli.core.machine import Machine

MIB = 1024 * 1024
_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?", re.ASCII)

OURS = {
    "port": "set `port` of the resource instead",
    "data_directory": "the data lies in the home; move the home instead",
    "unix_socket_directories": "the socket lies in the run folder",
    "config_file": "write your lines into `settings`",
    "include": "write your lines into `settings`",
}
"""What `settings` must not change, since we look for the server there; and what to do."""

MAIN_CONF = """\
# Made once; yours to edit. Lines below the include win over it.
# Changes need `SELECT pg_reload_conf()` or a restart of the resource.
include 'vrooli.conf'
"""


def shared_buffers(memory_bytes: int) -> int:
    """MiB: 1/8 of memory, at least 32 MiB, at most 1 GiB.

    The manual (19.4.1) starts at 25 % on a dedicated server; here the database shares the machine
    with what uses it. Above 1 GiB the page cache serves as well, and a crash takes longer to mend.
    """
    return max(32, min(1024, memory_bytes // 8 // MIB))


def generated(
    *, major: int, host: str, port: int, sockets: str, name: str, machine: Machine
) -> dict[str, str | int | bool]:
    """The settings that we choose, by name.

    Args:
        major: of the programs; names that came later are left out.
        host: address to listen on.
        port: TCP port; also part of the socket's name.
        sockets: folder of the unix socket.
        name: shown in process titles.
        machine: memory and processors to be sized to.
    """
    memory = machine.memory_bytes // MIB
    values: dict[str, str | int | bool] = {
        "listen_addresses": host,
        "port": port,
        "unix_socket_directories": sockets,
        "unix_socket_permissions": "0700",
        "cluster_name": name,
        "max_connections": 100,
        "password_encryption": "scram-sha-256",
        "shared_buffers": f"{shared_buffers(machine.memory_bytes)}MB",
        # The planner's guess of all caches together (19.7.2); half of memory is cautious.
        "effective_cache_size": f"{max(64, memory // 2)}MB",
        # One VACUUM or CREATE INDEX; three autovacuum workers may take it at once.
        "maintenance_work_mem": f"{max(16, min(256, memory // 32))}MB",
        "max_worker_processes": max(8, machine.cpus),
        "max_parallel_workers": max(2, machine.cpus),
        # Backups and point-in-time recovery need it from the first day on.
        "wal_level": "replica",
        # A replica that went away must not fill our disk: beyond 4 GiB its slot is given up.
        "max_slot_wal_keep_size": "4GB",
        "fsync": True,
        "full_page_writes": True,
        "restart_after_crash": True,
        # To standard error, hence into the service's own rotating log.
        "log_destination": "stderr",
        "logging_collector": False,
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "log_timezone": "UTC",
        "timezone": "UTC",
        "lc_messages": "C",
    }
    if major >= 14:
        # One call instead of an fsync for each file before every crash recovery (19.5): on a slow
        # disk seconds that all who need the database wait for.
        values["recovery_init_sync_method"] = "syncfs"
    if major >= 17:
        values["summarize_wal"] = True  # incremental backups
    return values


def render(values: Mapping[str, str | int | bool], extra: Mapping[str, str]) -> str:
    """The text of `vrooli.conf`; `extra` comes last and wins, or is a `ConfigError`."""
    lines = ["# Generated at every start; edit postgresql.conf or `settings` in vrooli.toml."]
    lines += [f"{name} = {_value(value)}" for name, value in values.items()]
    for name, value in extra.items():
        _check(name)
        lines.append(f"{name} = {_value(str(value))}")
    return "\n".join(lines) + "\n"


def _check(name: str) -> None:
    key = name.lower()
    if not _NAME.fullmatch(key):
        raise ConfigError(
            f"`{name}` is no name of a PostgreSQL setting",
            where="settings",
            next_step="write names as in postgresql.conf",
        )
    if key in OURS:
        raise ConfigError(f"`{name}` cannot be set", where="settings", next_step=OURS[key])


def _value(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return str(value)
    if any(ord(character) < 32 for character in value):
        raise ConfigError(
            "a PostgreSQL setting holds a control character",
            where="settings",
            next_step="write it in one line",
        )
    quoted = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}'"
