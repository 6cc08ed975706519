"""Which secrets steps may use, as the environment says it."""

from vrooli.main.server import settings_from

BASE = {"DATABASE_URL": "postgresql://x@y/z", "VROOLI_HOME": "/nowhere"}


def test_a_bare_name_is_a_variable() -> None:
    said = {"VROOLI_STEP_SECRETS": "TOKEN  file:/etc/key env:OTHER"}
    assert settings_from({**BASE, **said}).step_secrets == (
        *("env:TOKEN", "file:/etc/key", "env:OTHER"),
    )
    assert settings_from(BASE).step_secrets == ()
