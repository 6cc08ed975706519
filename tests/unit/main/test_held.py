"""What commands say of the managers of services."""

from pathlib import Path

import pytest

from tests.support.memory_watchdog import made, stack_of
from vrooli.main import held, managers


def test_that_nobody_would_make_a_unit_is_told_before_the_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(managers, "SYSTEM_BUS", f"unix:path={tmp_path}/bus")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))  # of who is not root
    where = f"unix:path={tmp_path}/bus"
    assert held.overlaps(stack_of(made("box"), made("other"))) == [
        f"systemd could not be asked: {where}: no such file or directory"
    ]
