"""What a rescue made and could not remove is told, with what removes it."""

import asyncio
from pathlib import Path

import pytest

from vrooli.core.address import UnixPath
from vrooli.host.streams import AsyncioStreams
from vrooli.main.backup_rescued import Made
from vrooli.stack.postgres.rescue.tables import Table
from vrooli.stack.postgres.upgrade.ask import Asker


async def _broken_off(made: Made, folder: Path) -> None:
    nobody = Asker(AsyncioStreams(), UnixPath(str(folder / "nobody")))
    async with made.kept(nobody):
        made.begin(Table("shop", "rescued_20261129_120000", "orders"))
        raise TimeoutError


def test_what_cannot_be_removed_is_told(tmp_path: Path) -> None:
    made = Made("postgres")
    assert made.left == ""
    with pytest.raises(TimeoutError):
        asyncio.run(_broken_off(made, tmp_path))
    assert made.left == (
        'the schema "rescued_20261129_120000" is left in shop of postgres: '
        '`DROP SCHEMA "rescued_20261129_120000" CASCADE` there removes it'
    )
