"""What a worker is told wrongly is named before it begins anything."""

import pytest

from vrooli.main import worker


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"VROOLI_DATA": ""}, "neither VROOLI_HOME nor VROOLI_DATA is set"),
        ({"VROOLI_QUEUES": "a,GPU"}, "VROOLI_QUEUES: 'GPU' is no name of a queue"),
        ({"VROOLI_QUEUES": ","}, "VROOLI_QUEUES: '' is no name of a queue"),
        ({"VROOLI_QUEUES": ",".join(f"q{n}" for n in range(51))}, "51 is out of range"),
        ({"VROOLI_SLOTS": "0"}, "VROOLI_SLOTS: a worker without slots does nothing"),
        ({"VROOLI_SLOTS": "1.5"}, "VROOLI_SLOTS: 1.5 is no whole number"),
        ({"VROOLI_SLOTS": "-1"}, "VROOLI_SLOTS: -1 is out of range"),
        ({"VROOLI_DATA": "/proc/none"}, "/proc/none/work: this folder cannot be made: No such"),
        ({"VROOLI_FILES": "/proc/none"}, "or name another: VROOLI_DATA or VROOLI_FILES"),
        ({"VROOLI_FILES": "/etc/passwd"}, "/etc/passwd: this folder cannot be made: File exists"),
        ({"DRAIN_SECONDS": "nan"}, "DRAIN_SECONDS: nan is out of range"),
        ({"DRAIN_SECONDS": "soon"}, "DRAIN_SECONDS: 'soon' is not a number"),
    ],
)
def test_a_wrong_setting(
    env: dict[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("VROOLI_HOME", raising=False)
    for name, value in {"DATABASE_URL": "postgresql://x/y", "VROOLI_DATA": "/tmp", **env}.items():
        monkeypatch.setenv(name, value)
    assert worker.main() == 2
    told = capsys.readouterr().err
    assert told.startswith("vrooli worker: ")
    assert said in told
