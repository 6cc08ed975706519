"""Units as the tests like them."""

from dataclasses import replace
from typing import Any

from vrooli.autoheal.service_manager import Contents, Unit

SYSTEM = Unit("vrooli-shop", "root", 0, "/root", system=True)
ALICES = Unit("vrooli-shop", "alice", 1500, "/home/alice", system=False)
CONTENTS = Contents(
    stack="shop",
    source="/srv/shop/vrooli.toml",
    start=("/opt/vrooli/bin/python", "-P", "-m", "vrooli.main.keep"),
    halt=("/opt/vrooli/bin/python", "-P", "-m", "vrooli.main.halt"),
    environment={"VROOLI_HOME": "/var/lib/vrooli/shop", "PATH": "/usr/bin:/bin"},
    stop_seconds=45.0,
    needs=("/var/lib/vrooli/shop", "/opt/vrooli"),
)


def contents(**fields: Any) -> Contents:
    """`CONTENTS`, otherwise in these fields."""
    return replace(CONTENTS, **fields)
