"""What holds a restart back without anybody having to say so: the file, a lock, a test."""

import json
import signal
import subprocess
from collections.abc import Callable

import pytest

from tests.support.stack import LiveStack, said


def test_a_declared_window_holds_outlives_the_watchdog_and_ends_with_an_edit(
    stack: LiveStack,
) -> None:
    stack.add("db")
    stack.add("web")
    always = {"schedule": "every 1h", "duration": "1h"}
    stack.maintenance("always", **always, services=["db"], why="a long night")
    stack.maintenance("leap", schedule="0 3 29 2 *", duration="1h")
    stack.write()
    stack.up()
    before = stack.ask("maintenance", "list")
    assert [(row["name"], row["in_force"]) for row in before] == [
        ("always", True),
        ("always", False),
        ("leap", False),
    ]
    early = stack.autoheal_command("maintenance", "end", before[2]["id"])
    assert "has not begun" in early.stderr, said(early)
    assert "[maintenance.leap]" in early.stderr
    shown = stack.autoheal_command("maintenance", "list")
    assert "in force" in shown.stdout, said(shown)
    killed = stack.kill("db")
    stack.until(lambda: "a long night" in stack.service("db").get("message", ""), "it is held")
    assert stack.service("db")["message"].count("by vrooli.toml")
    stack.kill("web")
    stack.until(lambda: "healed" in stack.outcomes("web"), "what it does not name is healed")
    watchdog = stack.kill("autoheal")
    stack.until(lambda: stack.pid("autoheal") != watchdog, "the next watchdog")
    stack.until(lambda: "a long night" in stack.service("db").get("message", ""), "it knows of it")
    assert stack.heals("db") == []
    stack.remove("maintenance always")
    stack.write()
    stack.up()
    stack.until(lambda: stack.service("db").get("pid") not in (None, killed), "it is up again")
    stack.until(
        lambda: "maintenance ended" in json.dumps(stack.get("autoheal", "/timeline?limit=500")),
        "the history tells that it is over",
    )


def test_while_a_program_holds_a_lock_in_the_home_what_hangs_is_not_restarted(
    stack: LiveStack,
) -> None:
    stack.add("web", "--mute-while", "web.mute")
    stack.write()
    stack.up()
    lock = stack.home / "holds" / "backup.lock"
    command = ["flock", str(lock), "sh", "-c", "echo on; read -r line"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe) as backup:
        assert backup.stdout is not None
        assert backup.stdout.readline() == "on\n"
        mute = stack.touch("web.mute")
        stack.until(lambda: stack.outcomes("web") == ["refused"], "it is refused")
        refused = stack.heals("web")[-1]
        assert refused["rule"] == "gate"
        assert f"backup is under way (process {backup.pid} holds {lock})" in refused["reason"]
        assert len(stack.starts("web")) == 1
        mute.unlink()
        backup.communicate("\n")


@pytest.mark.parametrize("secret", ["hunter2-secret"])
def test_a_broken_setting_leaves_what_runs_running_and_shows_no_secret(
    new_stack: Callable[..., LiveStack], secret: str
) -> None:
    stack = new_stack()
    hidden = stack.folder / "secret"
    hidden.write_text(secret, encoding="ascii")
    hidden.chmod(0o600)
    script = 'test ! -e broken || { echo "bad value $PASSWORD in line 7" >&2; exit 1; }'
    stack.add(
        "web",
        "--mute-while",
        "web.mute",
        env={"PASSWORD": f"file:{hidden}"},
        config_test=["sh", "-c", script],
    )
    stack.write()
    stack.up()
    pid = stack.pid("web")
    broken = stack.touch("broken")
    ended = stack.run("restart", "web")
    assert ended.returncode == 1, said(ended)
    assert "bad value *** in line 7" in said(ended)
    assert stack.pid("web") == pid
    mute = stack.touch("web.mute")
    stack.until(lambda: stack.outcomes("web") == ["refused"], "it is refused")
    assert "bad value *** in line 7" in stack.heals("web")[-1]["note"]
    assert stack.pid("web") == pid
    mute.unlink()
    stack.until_ok()
    stack.kill("web", signal.SIGKILL)
    stack.until(lambda: stack.outcomes("web") == ["refused"] * 2, "its start is refused as well")
    broken.unlink()
    assert stack.run("start", "web").returncode == 0
    everything = "".join(path.read_text(errors="replace") for path in stack.home.glob("logs/*"))
    assert secret not in everything + json.dumps(stack.heals()) + json.dumps(stack.seen())
