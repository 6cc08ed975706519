"""Jobs run at their times, once, beside watchdogs that die, and are on record."""

import json
import os
import re
import signal
from contextlib import suppress

import pytest

from tests.support.receiver import receiving
from tests.support.stack import LiveStack, gone, said

WAIT = "echo $$ >pid; while [ ! -e go ]; do sleep 0.05; done; echo went"
"""Ends when the file `go` is there."""


@pytest.fixture
def up(stack: LiveStack) -> LiveStack:
    """A service that is healthy, and a job that waits for `go`."""
    stack.add("web")
    stack.job("wait", WAIT)
    stack.write()
    stack.up()
    stack.until_ok()
    return stack


def pid_of(stack: LiveStack) -> int:
    """The process of the job that waits."""
    file = stack.folder / "pid"
    return stack.until(lambda: int(file.read_text() or 0) if file.exists() else 0, "it runs")


def test_a_job_of_every_second_is_in_its_log_in_the_history_and_among_the_checks(
    stack: LiveStack,
) -> None:
    stack.add("web")
    stack.job("tick", "echo it is $VROOLI_JOB", schedule="every 1s")
    stack.write()
    stack.up()
    stack.until(lambda: stack.log("job-tick").count("it is tick") >= 3, "it ran three times")
    events = stack.until_happened("tick", "started", "ok")
    dues = [event["due"] for event in events if event["what"] == "started"]
    assert dues == sorted(set(dues))
    listed = json.loads(stack.autoheal_command("checks", "--json").stdout)
    check = next(row for row in listed if row["id"] == "job-tick")
    assert check["category"] == "job"
    assert check["result"]["status"] == "ok"
    assert check["result"]["unit"] == "s"
    assert "job-tick" in stack.autoheal_command("checks").stdout
    stack.until_ok()
    stack.down()


def test_a_failing_job_is_a_problem_with_its_last_words_and_is_run_again(
    stack: LiveStack,
) -> None:
    stack.add("web")
    stack.job("bad", "echo no such table; exit 3", schedule="every 5s", retries=1, retry_delay=1)
    stack.write()
    stack.up()
    events = stack.until_happened("bad", "failed")
    failed = next(event for event in events if event["what"] == "failed")
    assert (failed["code"], failed["said"]) == (3, ["no such table"])
    stack.until(lambda: 2 in [e.get("attempt") for e in stack.job_events("bad")], "it ran again")
    stack.until(lambda: "ineffective" in stack.outcomes("job-bad"), "and that did not help")
    seen = stack.status()
    assert seen["status"] == "critical"
    problem = next(row for row in seen["problems"] if row["check"] == "job-bad")
    assert "failed: exited with code 3" in problem["message"]
    assert "vrooli_check_status" in stack.open("autoheal", "/metrics").read().decode()


def test_a_failed_job_is_paged_when_running_it_again_did_not_help_and_its_end_is_told(
    stack: LiveStack,
) -> None:
    with receiving() as receiver:
        stack.tell({"hook": {"url": receiver.url}})
        stack.add("web")
        keys = {"schedule": "every 20s", "retries": 1, "retry_delay": 2}
        stack.job("broken", "[ -e fixed ]", **keys)
        stack.job("mended", "[ -e once ] || { touch once; exit 1; }", **keys)
        stack.write()
        stack.up()
        stack.until(lambda: receiver.of("page"), "it is paged")
        assert "tried in vain" in receiver.of("page")[0].body
        attempts = [e["attempt"] for e in stack.job_events("broken") if e["what"] == "failed"]
        assert attempts[:2] == [1, 2]
        stack.touch("fixed")
        stack.until(lambda: receiver.of("resolved"), "its end is told")
        assert "ok" in [event["what"] for event in stack.job_events("mended")]
        assert [one.kind for one in receiver.got] == ["page", "resolved"]
        assert all("broken" in one.title for one in receiver.got)


def test_a_run_outlives_a_killed_watchdog_and_the_next_one_knows_how_it_ended(
    up: LiveStack,
) -> None:
    waiting = up.start("job", "run", "wait")
    pid = pid_of(up)
    watchdog = up.kill("autoheal")
    up.until(lambda: gone(watchdog) and up.pid("autoheal") != watchdog, "the next one is there")
    assert not gone(pid)
    up.until(lambda: up.job_seen("wait").get("running"), "it knows of the run")
    up.touch("go")
    told = waiting.communicate(timeout=60)[0]
    assert waiting.returncode == 0, told
    assert "went" in told
    assert [e["what"] for e in up.job_events("wait")] == ["started", "ok"]
    assert up.job_events("wait")[-1]["seconds"] > 0


def test_an_end_while_nobody_watches_is_learned_afterwards(up: LiveStack) -> None:
    assert up.run("job", "run", "wait", "--detach").returncode == 0
    pid = pid_of(up)
    watchdog = up.kill("autoheal", signal.SIGSTOP)
    os.kill(pid, signal.SIGKILL)
    up.until(lambda: gone(pid), "it has ended")
    with suppress(ProcessLookupError):  # the keeper may have been first
        os.kill(watchdog, signal.SIGKILL)
    events = up.until_happened("wait", "failed")
    assert [e["what"] for e in events] == ["started", "failed"]
    assert events[-1]["reason"] == "killed by signal 9"


def test_a_run_that_keeper_and_watchdog_lost_is_lost_and_made_up_for(stack: LiveStack) -> None:
    stack.add("web")
    stack.job("wait", WAIT, schedule="every 1s")
    stack.write()
    stack.up()
    pid = pid_of(stack)
    watchdog, keeper = stack.pid("autoheal"), stack.pid("keeper")
    os.kill(keeper, signal.SIGSTOP)  # else it replaces the watchdog before it is killed itself
    for each in (watchdog, keeper, pid):
        os.kill(each, signal.SIGKILL)
    stack.until(lambda: all(map(gone, (watchdog, keeper, pid))), "all are gone")
    stack.touch("go")
    stack.up()
    events = stack.until_happened("wait", "lost", "ok")
    lost = next(event for event in events if event["what"] == "lost")
    runs = [event for event in events if event["what"] == "started"]
    assert lost["id"] == runs[0]["id"]
    assert len({event["id"] for event in runs}) == len(runs)


def test_a_stopped_job_meets_its_timeout_with_its_whole_tree(stack: LiveStack) -> None:
    stack.add("web")
    child = "setsid sh -c 'echo $$ >child; exec sleep 600' & "
    stack.job("stuck", child + "echo $$ >pid; wait", timeout=2)
    stack.write()
    stack.up()
    assert stack.run("job", "run", "stuck", "--detach").returncode == 0
    pid = pid_of(stack)
    child_file = stack.folder / "child"
    child_pid = stack.until(
        lambda: int(child_file.read_text() or 0) if child_file.exists() else 0, "its child runs"
    )
    for each in (pid, child_pid):
        os.kill(each, signal.SIGSTOP)
    events = stack.until_happened("stuck", "timeout")
    assert gone(pid)
    assert gone(child_pid)
    assert events[-1]["reason"] == "took too long; killed by signal 9"
    assert "took longer than 2s" in stack.job_seen("stuck")["result"]["message"]


def test_a_flood_of_output_is_bounded(stack: LiveStack) -> None:
    stack.add("web")
    stack.job("flood", "yes 'the flood' | head -c 300000000; echo the end", nice=19)
    stack.write()
    stack.up()
    ended = stack.run("job", "run", "flood", "--json")
    assert ended.returncode == 0, said(ended)
    logs = stack.home / "logs"
    stack.until(lambda: (logs / "job-flood.log.1").exists(), "its log is rotated")
    stack.until(lambda: (logs / "job-flood.log").stat().st_size < 20 * 2**20, "and bounded")
    assert stack.run("job", "logs", "flood", "-n", "1").stdout == "the end\n"
    assert stack.service("web")["restarts_24h"] == 0


def test_run_waits_shows_the_output_and_fails_when_the_job_does(up: LiveStack) -> None:
    up.job("speak", 'echo "one"; echo two >&2; exit 7')
    up.write()
    up.up()
    ended = up.run("job", "run", "speak")
    assert ended.returncode == 1
    assert ended.stdout == "one\ntwo\n"
    assert "failed" in ended.stderr
    assert "exited with code 7" in ended.stderr
    as_json = up.run("job", "run", "speak", "--json")
    assert as_json.returncode == 1
    assert json.loads(as_json.stdout)["code"] == 7
    assert json.loads(as_json.stdout)["by"]
    timeline = up.autoheal_command("timeline").stdout
    assert re.search(r"job-speak .*failed after .* s: exited with code 7", timeline), timeline
    logs = json.loads(up.run("job", "logs", "speak", "--json").stdout)
    assert logs["lines"] == ["one", "two"] * 2
    history = json.loads(up.run("job", "history", "speak", "--json").stdout)
    assert [event["what"] for event in history] == ["failed", "started"] * 2


def test_mistakes_are_told_without_a_traceback(up: LiveStack) -> None:
    unknown = up.run("job", "run", "wiat")
    assert unknown.returncode == 2
    assert "there is no job `wiat`; did you mean `wait`?" in unknown.stderr
    assert up.run("job", "run", "wait", "--detach").returncode == 0
    busy = up.run("job", "run", "wait")
    assert busy.returncode == 1
    assert "it runs already" in busy.stderr
    assert up.run("job", "logs", "never").returncode == 2
    assert up.run("stop", "web").returncode == 0
    listed = up.run("job", "list")
    assert re.search(r"wait +0 0 29 2 \* +running for ", listed.stdout), said(listed)


def test_an_edit_adds_changes_and_removes_jobs(up: LiveStack) -> None:
    assert up.run("job", "run", "wait", "--detach").returncode == 0
    pid = pid_of(up)
    up.remove("job wait")
    up.job("new", "true", schedule="every 1s")
    up.write()
    told = up.up().stderr
    assert "+ job new" in told
    assert "- job wait" in told
    assert gone(pid)
    up.until_happened("new", "ok")
    up.job("new", "true", schedule="every 2s", critical=False)
    up.write()
    assert "~ job new: schedule, critical (from its next run on)" in up.up().stderr
    assert "nothing was changed" in up.up().stderr
    assert [row["name"] for row in up.get("autoheal", "/jobs")["jobs"]] == ["new"]
    checks = {row["id"] for row in up.get("autoheal", "/checks")["checks"]}
    assert {name for name in checks if name.startswith("job-")} == {"job-new"}
    assert up.service("web")["restarts_24h"] == 0


def test_down_ends_a_run_and_leaves_nothing(up: LiveStack) -> None:
    assert up.run("job", "run", "wait", "--detach").returncode == 0
    pid = pid_of(up)
    told = up.down()
    assert "job-wait" in told.stderr
    assert gone(pid)


def test_down_without_a_watchdog_ends_a_run_too(up: LiveStack) -> None:
    assert up.run("job", "run", "wait", "--detach").returncode == 0
    pid = pid_of(up)
    assert up.run("scenario", "stop", "autoheal").returncode == 0
    assert up.run("restart", "web").returncode == 0
    up.down()
    assert gone(pid)


def test_a_job_waits_for_what_it_needs(stack: LiveStack) -> None:
    sick = stack.touch("sick")
    stack.add("web", "--sick-while", str(sick), start_timeout=600)
    stack.job("report", "echo reported", schedule="every 1s", needs=["web"])
    stack.write()
    bringing = stack.start("up")
    events = stack.until_happened("report", "refused")
    assert events[-1]["reason"] == "it needs web, which is not healthy"
    assert "reported" not in stack.log("job-report")
    sick.unlink()
    bringing.communicate(timeout=60)
    stack.until(lambda: "reported" in stack.log("job-report"), "it runs")
    stack.until_ok()


def test_a_secret_reaches_the_job_and_nobody_else(up: LiveStack) -> None:
    secret = up.folder / "key"
    secret.write_text("geheim\n", encoding="utf-8")
    secret.chmod(0o600)
    up.job("show", "echo $KEY", env={"KEY": f"file:{secret}"})
    up.write()
    up.up()
    ended = up.run("job", "run", "show")
    assert "geheim" in ended.stdout, said(ended)
    kept = [up.home / "stack.json", up.home / "keeper.json"]
    assert not any("geheim" in path.read_text(encoding="utf-8") for path in kept)
