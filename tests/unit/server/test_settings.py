"""Settings: from the environment, checked, never repeated when they hold a secret."""

import socket
from pathlib import Path

import pytest

from vrooli.core.errors import StartFailed, UsageError
from vrooli.main.environment import read_environment
from vrooli.main.listener import bind
from vrooli.main.server import settings_from

DSN = "postgresql://u:hunter2@h/d"


def test_defaults(tmp_path: Path) -> None:
    settings = settings_from({"DATABASE_URL": DSN, "VROOLI_HOME": str(tmp_path)})
    assert (settings.host, settings.port, settings.redis_url) == ("127.0.0.1", 3001, None)
    assert settings.token_file == tmp_path / "secrets" / "operator.token"
    assert settings.metrics_token_file == tmp_path / "secrets" / "metrics.token"
    assert settings.dumps == tmp_path / "dumps"
    assert settings.drain_seconds == 10
    assert "hunter2" not in repr(settings)


def test_a_server_of_a_lesser_user_is_told_its_own_folders(tmp_path: Path) -> None:
    env = {"VROOLI_DATA": str(tmp_path), "VROOLI_SERVER_TOKEN_FILE": str(tmp_path / "t")}
    env["VROOLI_HOME"] = "/closed/to/it"
    settings = settings_from({"DATABASE_URL": DSN, **env})
    assert settings.token_file == tmp_path / "t"
    assert settings.metrics_token_file == tmp_path / "metrics.token"
    assert settings.dumps == tmp_path / "dumps"


def test_servers_may_share_the_files_of_runs(tmp_path: Path) -> None:
    env = {"DATABASE_URL": DSN, "VROOLI_DATA": str(tmp_path)}
    assert settings_from(env).workspaces == tmp_path / "work"
    assert settings_from({**env, "VROOLI_FILES": "/srv/files"}).workspaces == Path("/srv/files")


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"DATABASE_URL": "mysql://u:hunter2@h/d"}, "DATABASE_URL"),
        ({"DATABASE_URL": "hunter2"}, "DATABASE_URL"),
        ({"REDIS_URL": "http://:hunter2@h"}, "REDIS_URL"),
        ({"PORT": "65536"}, "PORT"),
        ({"PORT": "http"}, "PORT"),
        ({"PORT": "3001.5"}, "PORT"),
        ({"PORT": "nan"}, "PORT"),
        ({"DRAIN_SECONDS": "0"}, "DRAIN_SECONDS"),
        ({"DRAIN_SECONDS": "nan"}, "DRAIN_SECONDS"),
        ({"VROOLI_HOME": ""}, "VROOLI_HOME"),
        ({"DATABASE_URL_FILE": "/x"}, "DATABASE_URL"),
    ],
)
def test_a_wrong_value_is_named_by_its_variable_and_not_repeated_when_secret(
    changes: dict[str, str], where: str, tmp_path: Path
) -> None:
    env = {"DATABASE_URL": DSN, "VROOLI_HOME": str(tmp_path), **changes}
    with pytest.raises(UsageError) as caught:
        settings_from(env)
    assert where in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "dsn"
    path.write_text(f"{DSN}\n", encoding="utf-8")
    assert read_environment({"X_FILE": str(path)}, "X") == DSN
    assert read_environment({"X": "", "X_FILE": str(path)}, "X") == DSN
    assert read_environment({}, "X") is None


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"X_FILE=.*nothing"):
        read_environment({"X_FILE": str(tmp_path / "nothing")}, "X")


def test_the_listener_is_of_the_kind_that_asyncio_sends_on_without_delay() -> None:
    with bind("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_a_taken_port_is_named() -> None:
    with bind("127.0.0.1", 0) as listener:
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(StartFailed, match=f"127.0.0.1:{port}"):
            bind("127.0.0.1", port)
