"""What an operator says is done, remembered, and never undone by the watchdog."""

import getpass
import json
import os
import signal
import urllib.error

import pytest

from tests.support.leftovers import processes_of
from tests.support.stack import LiveStack, gone, said


@pytest.fixture
def pair(stack: LiveStack) -> LiveStack:
    """`web`, which needs `base`, and `other`; up."""
    stack.add("base")
    stack.add("web", needs=["base"])
    stack.add("other")
    stack.write()
    stack.up()
    return stack


def test_what_was_stopped_stays_stopped_whatever_happens_to_the_watchdog(
    pair: LiveStack,
) -> None:
    other = pair.pid("other")
    assert pair.run("stop", "web").returncode == 0
    watchdog = pair.kill("autoheal")
    pair.until(lambda: gone(watchdog), "it is gone")
    pair.until_healed("autoheal")
    pair.autoheal_command("tick", "--force")
    row = pair.service("web")
    assert (row["state"], row["pid"]) == ("stopped", None)
    assert len(pair.starts("web")) == 1
    assert pair.pid("other") == other
    assert pair.run("start", "web").returncode == 0
    assert pair.until_ok()["status"] == "ok"
    assert len(pair.starts("web")) == 2


def test_stopping_what_others_need_stops_them_first_and_starting_one_starts_its_needs(
    pair: LiveStack,
) -> None:
    assert pair.run("scenario", "stop", "base").returncode == 0
    assert {pair.service(n)["state"] for n in ("base", "web")} == {"stopped"}
    assert pair.service("other")["state"] == "running"
    assert pair.run("scenario", "start", "web").returncode == 0
    assert {pair.service(n)["state"] for n in ("base", "web")} == {"running"}


def test_down_and_up_again_is_remembered_over_the_death_of_everything(pair: LiveStack) -> None:
    pair.down()
    assert pair.run("status").returncode == 3
    pair.up("other")
    assert pair.service("other")["state"] == "running"
    assert pair.service("autoheal")["health"] == "ok"
    assert pair.service("web")["state"] == "stopped"
    pair.up()
    assert pair.service("web")["state"] == "running"


def test_restart_gives_new_processes_of_what_was_named_alone(pair: LiveStack) -> None:
    before = pair.pids("base", "web", "other", "autoheal")
    assert pair.run("restart", "other").returncode == 0
    after = pair.pids("base", "web", "other", "autoheal")
    assert {name for name in before if before[name] != after[name]} == {"other"}
    assert pair.heals() == []


def test_the_groups_list_show_and_log(pair: LiveStack) -> None:
    listed = json.loads(pair.run("scenario", "list", "--json").stdout)
    assert {row["name"] for row in listed} == {"base", "web", "other", "autoheal"}
    alone = pair.run("scenario", "status", "web")
    assert alone.stdout.startswith("NAME"), "it tells of that one, not of the stack"
    assert "advice" not in alone.stdout
    shown = pair.run("scenario", "status", "web", "--json")
    assert (shown.returncode, json.loads(shown.stdout)["name"]) == (0, "web")
    assert pair.run("scenario", "logs", "web", "-n", "3").returncode == 0
    assert pair.run("resource", "list").returncode == 0
    assert pair.run("resource", "start", "web").returncode == 2


def test_the_watchdog_is_stopped_and_started_like_any_scenario(pair: LiveStack) -> None:
    before, watchdog = pair.pids("base", "web", "other"), pair.pid("autoheal")
    stopped = pair.run("scenario", "stop", "vrooli-autoheal")
    assert stopped.returncode == 0, said(stopped)
    pair.until(lambda: gone(watchdog), "it is gone")
    assert pair.run("status").returncode == 1, "unwatched is a warning"
    for name in ("vrooli-autoheal", "autoheal"):
        assert pair.run("scenario", "start", name).returncode == 0
    pair.until_ok()
    assert pair.pids("base", "web", "other") == before


def test_an_edit_is_shown_and_only_what_changed_is_restarted(pair: LiveStack) -> None:
    before = pair.pids("base", "web", "other", "autoheal")
    pair.add("other", "--say=changed")
    pair.add("extra")
    pair.write()
    note = f"note: {pair.file} was edited since the last `up`: other (command), extra is new"
    assert note in pair.run("status").stderr
    ended = pair.up()
    assert "edited" not in pair.run("status").stderr
    assert "+ extra" in ended.stderr
    assert "~ other: command (restart)" in ended.stderr
    after = pair.pids("base", "web", "other", "autoheal")
    assert {name for name in before if before[name] != after[name]} == {"other"}
    pair.remove("extra")
    pair.write()
    extra = pair.pid("extra")
    told = pair.up().stderr
    assert "- extra" in told
    assert "1 service stopped" in told
    assert gone(extra)
    assert pair.pids(*after) == after


def test_a_file_that_declares_nothing_stops_everything_and_is_warned_of(pair: LiveStack) -> None:
    before = pair.pids("base", "web", "other")
    for name in before:
        pair.remove(name)
    pair.write()
    checked, ended = pair.run("config", "check"), pair.up()
    assert "3 services stopped" in ended.stderr
    assert "nothing was changed" not in ended.stderr
    for told in (checked.stderr, ended.stderr):
        assert f"warning: {pair.file} declares no services" in told
    assert all(gone(pid) for pid in before.values())


def test_what_an_edit_adds_is_started_once_and_was_not_healed(stack: LiveStack) -> None:
    stack.add("first")
    stack.write()
    stack.up()
    for name in ("second", "third", "fourth", "fifth"):
        stack.add(name)
        stack.write()
        stack.up()
        assert len(stack.starts(name)) == 1
    assert stack.heals() == []


def test_an_up_by_name_leaves_what_else_an_edit_brought_stopped(pair: LiveStack) -> None:
    for name in ("second", "third"):
        pair.add(name)
    pair.write()
    pair.up("second")
    assert [pair.service(name)["state"] for name in ("second", "third")] == ["running", "stopped"]
    pair.autoheal_command("tick", "--force")
    assert pair.starts("third") == []
    pair.up()
    assert pair.service("third")["state"] == "running"
    assert pair.heals() == []


def test_what_is_not_looked_at_may_end(stack: LiveStack) -> None:
    stack.add("web", heal="off")
    stack.add("other")
    stack.write()
    stack.up()
    pid = stack.kill("web")
    stack.until(lambda: gone(pid), "it is gone")
    stack.kill("other")
    stack.until_healed("other")
    assert stack.heals("web") == []
    stack.until_ok()


def test_a_damaged_file_leaves_the_running_stack_alone(pair: LiveStack) -> None:
    before = pair.pids("base", "web", "other", "autoheal")
    pair.file.write_text("[scenarios.web\n", encoding="utf-8")
    ended = pair.run("up")
    assert ended.returncode == 2, said(ended)
    assert "vrooli.toml:1" in ended.stderr
    ended = pair.run("restart", "other")
    assert ended.returncode == 0, said(ended)
    assert "edited since the last `up`, and has mistakes" in ended.stderr
    del before["other"]
    pair.kill("web")
    pair.until_healed("web")
    del before["web"]
    assert pair.pids(*before) == before


def test_two_ups_at_once_make_one_set_of_processes(stack: LiveStack) -> None:
    stack.add("web", "--delay", "0.5")
    stack.add("other")
    stack.write()
    both = [stack.start("up"), stack.start("up")]
    told = [each.communicate(timeout=120)[0] for each in both]
    assert [each.returncode for each in both] == [0, 0], told
    stack.until_ok()
    assert [len(stack.starts(name)) for name in ("web", "other")] == [1, 1]
    assert stack.run("down").returncode == 0
    assert processes_of(stack.home) == {}


def test_an_interrupted_up_says_so_and_breaks_nothing(stack: LiveStack) -> None:
    stack.add("web", "--delay", "3")
    stack.write()
    up = stack.start("up")
    stack.until(lambda: stack.starts("web"), "it is being started")
    os.kill(up.pid, signal.SIGINT)
    told = up.communicate(timeout=60)[0]
    assert up.returncode == 130, told
    assert "interrupted" in told
    assert "Traceback" not in told
    stack.up()
    assert stack.until_ok()["status"] == "ok"
    assert len(stack.starts("web")) == 1


def test_an_attached_up_stops_everything_at_ctrl_c(stack: LiveStack) -> None:
    stack.add("web")
    stack.write()
    up = stack.start("up", "--foreground")
    stack.until(lambda: stack.seen() and stack.service("web")["health"] == "ok", "it is up")
    stack.until_ok()
    os.kill(up.pid, signal.SIGINT)
    told = up.communicate(timeout=60)[0]
    assert up.returncode == 0, told
    assert processes_of(stack.home) == {}


def test_ctrl_c_ends_an_attached_up_also_in_the_middle_of_its_start(stack: LiveStack) -> None:
    stack.add("web")
    stack.add("slow", "--mute-while", "mute", start_timeout=60)
    stack.write()
    stack.touch("mute")
    up = stack.start("up", "--foreground")
    stack.until(lambda: stack.starts("slow") and stack.starts("web"), "they are starting")
    os.kill(up.pid, signal.SIGINT)
    told = up.communicate(timeout=60)[0]
    assert up.returncode == 0, told
    assert processes_of(stack.home) == {}


def test_a_stack_without_a_watchdog_is_started_seen_and_stopped(stack: LiveStack) -> None:
    stack.autoheal(enabled=False)
    stack.add("base")
    stack.add("web", needs=["base"])
    stack.write()
    assert "not watched" in stack.up().stderr
    ended = stack.run("status", "--json")
    assert ended.returncode in (0, 1), said(ended)
    rows = {row["name"]: row for row in json.loads(ended.stdout)["services"]}
    assert {row["health"] for row in rows.values()} == {"ok"}
    pid = rows["web"]["pid"]
    assert not gone(pid)
    assert stack.run("restart", "web").returncode == 0
    assert gone(pid)
    assert [len(stack.starts(name)) for name in ("base", "web")] == [1, 2]
    stack.remove("web")
    stack.write()
    told = stack.up().stderr
    assert "not declared any more" in told
    assert "nothing was changed" not in told
    stack.down()


def test_several_instances_are_several_services(stack: LiveStack) -> None:
    stack.add("web", instances=3)
    stack.add("user", needs=["web"])
    stack.write()
    stack.up()
    pids = stack.pids("web-1", "web-2", "web-3")
    assert len(set(pids.values())) == 3
    stack.kill("web-2")
    stack.until_healed("web-2")
    assert stack.pids("web-1", "web-3") == {n: pids[n] for n in ("web-1", "web-3")}
    assert len(stack.starts("user")) == 1
    user = stack.pid("user")
    assert stack.run("stop", "web-2").returncode == 0
    assert stack.pid("user") == user, "two of the three are left"
    assert stack.run("start", "web-2").returncode == 0
    pids["web-2"] = stack.pid("web-2")
    assert stack.run("restart", "web").returncode == 0
    assert not set(pids.values()) & set(stack.pids("web-1", "web-2", "web-3").values())


def test_what_is_asked_for_is_written_down_with_who_asked(pair: LiveStack) -> None:
    me = getpass.getuser()
    pair.run("restart", "other")
    pair.add("extra")
    pair.write()
    pair.up()
    told = json.loads(pair.autoheal_command("timeline", "--json").stdout)
    asked = {(row["data"].get("what"), row["data"].get("by")) for row in told}
    assert {("restart", me), ("edited", me), ("up", me)} <= asked


def test_the_end_of_a_log_is_read_over_the_api(pair: LiveStack) -> None:
    pair.run("restart", "other")
    path = pair.home / "logs" / "other.log"
    written = path.read_text(encoding="utf-8").splitlines()
    assert pair.get("autoheal", "/services/other/log?lines=1")["lines"] == written[-1:]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        pair.get("autoheal", "/services/nosuch/log")
