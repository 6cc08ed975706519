"""A recovery that ends before all that was received: whether whoever asked knew of that."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from vrooli.core.errors import StartFailed
from vrooli.stack.backup_settings import BackupSettings
from vrooli.stack.postgres.wal.ending import Early
from vrooli.stack.postgres.wal.recovery import Recovery
from vrooli.stack.upgrading import Wish


def _look(folder: Path, until: str, again: str = "vrooli restore", **wish: Any) -> None:
    stage = SimpleNamespace(wal=folder, log=folder / "log", service="db.restore")
    asked = Wish(restore="20261118t000000z-000001", until=until, timeline=1, **wish)
    of = SimpleNamespace(stage=stage)
    nothing = cast(Any, None)
    recovery = Recovery(cast(Any, of), nothing, asked, BackupSettings(), nothing, again)
    asyncio.run(recovery._require_reached("0/5000028"))


def test_what_was_asked_for_as_far_as_it_leads_is_reached(tmp_path: Path) -> None:
    Early("000000010000000000000005 is damaged").write(tmp_path)
    _look(tmp_path, "latest", partway=True)
    for until, partway in (("latest", False), ("2026-11-18 00:00:00+00:00", True)):
        with pytest.raises(StartFailed, match="5 is damaged"):
            _look(tmp_path, until, partway=partway)
    Early("000000010000000000000005 is missing", planned=True).write(tmp_path)
    _look(tmp_path, "latest")


def test_whoever_wanted_a_table_is_told_how_to_ask_for_an_earlier_one(tmp_path: Path) -> None:
    Early("000000010000000000000005 is damaged").write(tmp_path)
    last = "last completed transaction was at log time 2026-11-17 23:00:00.25+00\n"
    again = "vrooli restore --only seen"
    with pytest.raises(StartFailed) as refused:
        _look(tmp_path, "2026-11-18 00:00:00+00:00", again)
    assert refused.value.next_step.startswith(f"`{again} --point-only`")
    (tmp_path / "log").write_text(last, encoding="utf-8")
    with pytest.raises(StartFailed) as refused:
        _look(tmp_path, "2026-11-18 00:00:00+00:00", again)
    assert refused.value.next_step.startswith(f'`{again} --to "2026-11-17 23:00:00.250000+00:00"`')
    _look(tmp_path, "2026-11-17 22:00:00+00:00", again)
