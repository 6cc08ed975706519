"""A stack in which every check has its meaning, as far as this machine has what it looks at."""

import json
import shutil
import time
from pathlib import Path

from bench._lab import Lab
from tests.support.ports import free_port
from vrooli.autoheal.catalogue import InstalledChecks


def everything(place: Lab) -> str:
    """Sections for `vrooli.toml`: databases, the server, a check of each kind that one declares."""
    postgres, server = free_port(), free_port()
    lines = ["[resources.postgres]", 'kind = "postgres"', f"port = {postgres}"]
    lines += ["[scenarios.server]", f"port = {server}", 'needs = ["postgres"]']
    if shutil.which("redis-server", path="/usr/bin:/usr/local/bin"):
        lines += ["[resources.redis]", 'kind = "redis"', f"port = {free_port()}"]
    for name, keys in _declared(place, postgres, server).items():
        lines += [f"[checks.bench-{name}]", f'kind = "{name}"']
        lines += [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    return "\n".join(lines)


def every_check() -> int:
    """How many checks the product has."""
    return len(InstalledChecks().names())


def _declared(place: Lab, postgres: int, server: int) -> dict[str, dict[str, object]]:
    log, state = place.folder / "some.log", place.folder / "backup.json"
    log.write_text("all is well\n", encoding="ascii")
    state.write_text(json.dumps({"finished_at": time.time(), "ok": True}), encoding="ascii")
    return {
        "endpoint-http": {"url": f"http://127.0.0.1:{server}/health/live"},
        "endpoint-tcp": {"address": f"127.0.0.1:{postgres}"},
        "endpoint-tls": {"address": f"127.0.0.1:{server}"},
        "exec": {"command": ["/bin/true"]},
        "heartbeat": {"every": "1d"},
        "log-pattern": {"path": str(log), "pattern": "ERROR"},
        "sql": {"resource": "postgres", "query": "SELECT 0"},
        "backup-freshness": {"path": str(state)},
    }


def in_monit(folder: Path) -> list[str]:
    """What Monit can look at of that, in its words."""
    return [
        "check system bench",
        "  if loadavg (1min) > 1000 then alert",
        "  if memory usage > 99% then alert",
        "  if swap usage > 99% then alert",
        "  if cpu usage > 99% for 10 cycles then alert",
        "check filesystem root with path /",
        "  if space usage > 99% then alert",
        "  if inode usage > 99% then alert",
        "check network loopback with interface lo",
        "  if failed link then alert",
        f"check file log with path {folder}/some.log",
        '  if match "ERROR" then alert',
        f"check file backup with path {folder}/backup.json",
        "  if timestamp > 26 hours then alert",
        'check program true with path "/bin/true"',
        "  if status != 0 then alert",
    ]
