"""What a stack is made of, put where it was."""

import json
from pathlib import Path

import pytest

from vrooli.core.errors import Damaged
from vrooli.main.backup_laid import Laid, put_whole


def test_all_that_a_stack_names_is_put_where_nothing_is(tmp_path: Path) -> None:
    was, stage, secrets = tmp_path / "was", tmp_path / "stage", tmp_path / "secrets"
    secrets.mkdir()
    files = {
        "h/secrets/one": "1",
        "h/secrets/backup-mac": "not this one",
        "h/stack.json": "{}",
        "app/vrooli.toml": "[stack]",
        "named/new": "2",
        "named/there": "3",
    }
    for name, text in files.items():
        path = stage / "files" / str(was / name).lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="ascii")
    (was / "named").mkdir(parents=True)
    (was / "named" / "there").write_text("kept", encoding="ascii")
    about = {"home": str(was / "h"), "file": str(was / "app" / "vrooli.toml")}
    (stage / "system.json").write_text(json.dumps(about), encoding="ascii")
    laid = Laid(stage)
    laid.put_secrets(secrets, but=("backup-mac",))
    assert [path.name for path in secrets.iterdir()] == ["one"]
    assert laid.stack_file() == "[stack]"
    ((path, target),) = laid.named()
    assert target == was / "named" / "new"
    path.chmod(0o640)
    put_whole(path, target)
    assert target.stat().st_mode & 0o777 == 0o640
    assert (was / "named" / "there").read_text(encoding="ascii") == "kept"
    assert not (was / "h").exists()


def test_one_that_does_not_say_what_was_where_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(Damaged):
        Laid(tmp_path).stack_file()
