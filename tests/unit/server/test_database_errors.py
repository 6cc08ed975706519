"""What is said of errors of PostgreSQL."""

import asyncpg

from vrooli.core.errors import Unreachable
from vrooli.server.database import translate


def test_a_full_disk_is_named() -> None:
    found = translate(asyncpg.DiskFullError("could not extend file"))
    assert isinstance(found, Unreachable)
    assert "no room left on its disk" in found.what
    assert "vrooli logs postgres" in found.next_step
