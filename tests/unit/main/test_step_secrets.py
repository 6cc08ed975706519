"""Which secrets and folders steps may use, as the environment says it."""

import pytest

from vrooli.core.errors import UsageError
from vrooli.main.server import settings_from

BASE = {"DATABASE_URL": "postgresql://x@y/z", "VROOLI_HOME": "/nowhere"}


def test_a_bare_name_is_a_variable() -> None:
    said = {"VROOLI_STEP_SECRETS": "TOKEN  file:/etc/key env:OTHER"}
    assert settings_from({**BASE, **said}).step_secrets == (
        *("env:TOKEN", "file:/etc/key", "env:OTHER"),
    )
    assert settings_from(BASE).step_secrets == ()


def test_folders_are_absolute_paths() -> None:
    named = {**BASE, "VROOLI_STEP_FOLDERS": "/srv/a b:/srv/c"}
    assert settings_from(named).step_folders == ("/srv/a b", "/srv/c")
    assert settings_from(BASE).step_folders == ()
    with pytest.raises(UsageError, match="srv/a"):
        settings_from({**BASE, "VROOLI_STEP_FOLDERS": "srv/a"})
