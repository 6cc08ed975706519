"""What scripts read: exit codes, pure JSON, the watchdog's API, and logs of bounded size."""

import json
import re
import signal
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from scripts.reference_api import routes_of_watchdog
from tests.support.stack import LiveStack, gone, said

ROUTES = ("/status", "/checks", "/checks/service-web", "/heals", "/metrics", "/events", "/tick")


@pytest.fixture
def web(stack: LiveStack) -> LiveStack:
    """One critical service, one that is not, and the switches to make them sick."""
    stack.add("web", "--sick-while", "sick", heal="watch")
    stack.add("extra", "--sick-while", "extra-sick", heal="watch", critical=False)
    stack.write()
    stack.up()
    stack.until_ok()
    return stack


def test_the_exit_codes_of_status_and_tick_tell_ok_warning_critical_and_unknown(
    web: LiveStack,
) -> None:
    assert _codes(web) == [0, 0, 0]
    extra = web.touch("extra-sick")
    web.until(lambda: (web.seen() or {}).get("status") == "warning", "a warning")
    assert _codes(web) == [1, 1, 1]
    sick = web.touch("sick")
    web.until(lambda: (web.seen() or {}).get("status") == "critical", "critical")
    assert _codes(web) == [2, 2, 2]
    for file in (extra, sick):
        file.unlink()
    web.until_ok()
    assert web.heals() == [], 'heal = "watch" is never touched'
    web.down()
    assert _codes(web)[0::2] == [3, 3]


def _codes(stack: LiveStack) -> list[int]:
    return [
        stack.run("status").returncode,
        stack.autoheal_command("tick", "--force").returncode,
        stack.autoheal_command("status", "--json").returncode,
    ]


def test_json_is_alone_on_standard_output(web: LiveStack) -> None:
    web.kill("web")
    commands = [
        ["status", "--json"],
        ["up", "--json"],
        ["restart", "extra", "--json"],
        ["stop", "extra", "--json"],
        ["start", "extra", "--json"],
        ["config", "check", "--json"],
        ["config", "show"],
        ["config", "schema"],
        ["scenario", "list", "--json"],
        ["scenario", "status", "web", "--json"],
        ["resource", "list", "--json"],
        ["down", "--json"],
    ]
    for command in commands:
        ended = web.run(*command)
        json.loads(ended.stdout)


def test_json_of_the_watchdogs_commands_is_alone_on_standard_output(web: LiveStack) -> None:
    commands = (
        ["status"],
        ["tick"],
        ["tick", "--force"],
        ["checks"],
        ["heals"],
        ["history"],
        ["uptime"],
        ["trends"],
        ["timeline"],
    )
    for command in commands:
        json.loads(web.autoheal_command(*command, "--json").stdout)
    listed = web.autoheal_command("checks")
    assert "system-disk" in listed.stdout
    assert listed.returncode == 0, said(listed)


def test_only_health_is_open_to_all(web: LiveStack) -> None:
    assert web.get("autoheal", "/health", token=False)["status"] == "ok"
    for route in (*ROUTES, "/operations", "/reload", "/nothing"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            web.open("autoheal", route, token=False)
        assert refused.value.code == 401, route
        refused.value.close()


def test_a_reader_sees_everything_and_changes_nothing(web: LiveStack) -> None:
    reader = (web.home / "secrets" / "reader.token").read_text(encoding="ascii").strip()
    head = {"Authorization": f"Bearer {reader}"}
    for route in ("/status", "/checks", "/heals", "/metrics", "/plan", "/decisions", "/timeline"):
        asked = urllib.request.Request(web.url("autoheal", route), headers=head)
        with urllib.request.urlopen(asked, timeout=10) as answer:
            assert answer.status == 200, route
    for method, route in (
        ("POST", "/operations"),
        ("POST", "/backups/files"),
        ("POST", "/heal"),
        ("DELETE", "/quarantine/web"),
    ):
        asked = urllib.request.Request(web.url("autoheal", route), b"{}", head, method=method)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked, timeout=10)
        assert refused.value.code == 403, route
        refused.value.close()


def test_a_name_in_a_path_that_names_nothing_is_404(web: LiveStack) -> None:
    head = {"Authorization": f"Bearer {web.token()}"}
    tried = [route for route in routes_of_watchdog() if "{" in route.path]
    assert tried
    for route in tried:
        path = re.sub(r"{\w+}", "nosuch", route.path)
        for method in (route.methods or set()) - {"HEAD"}:
            asked = urllib.request.Request(web.url("autoheal", path), None, head, method=method)
            _refused(asked, 404)
    _refused(urllib.request.Request(web.url("autoheal", "/nosuch"), headers=head), 404)
    for path in ("/checks/nosuch", "/explain/nosuch", "/history/nosuch"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            web.open("autoheal", path)
        assert "`nosuch`" in json.load(refused.value)["error"]["message"], path
    for command in (["explain", "nosuch"], ["history", "nosuch"], ["heal", "nosuch"]):
        assert web.autoheal_command(*command).returncode == 2, command
    for words in (["job", "history", "nosuch"], ["restart", "nosuch"], ["logs", "nosuch"]):
        assert web.run(*words).returncode == 2, words


def _refused(asked: urllib.request.Request, code: int) -> str:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=10)
    about = f"{asked.get_method()} {asked.full_url}"
    assert refused.value.code == code, about
    error = json.load(refused.value)["error"]
    assert error["message"], about
    return str(error["next_step"])


def test_what_is_not_known_in_a_request_is_refused_and_nothing_is_done(web: LiveStack) -> None:
    head, pid = {"Authorization": f"Bearer {web.token()}"}, web.pid("web")
    for method, path, body in (
        ("POST", "/maintenance", {"services": ["web"], "seconds": 60}),
        ("POST", "/maintenance", {"seconds": -5}),
        ("POST", "/operations", {"action": "restart", "name": "web"}),
        ("POST", "/backups/files", {"name": "site", "undo": True}),
        ("POST", "/backups/files", {"name": "site", "undo": True, "confirm": "site", "into": "/"}),
        ("POST", "/heal", {"subject": "web", "action": "restart", "dry-run": True}),
        ("POST", "/heal?dry_run=1", {"subject": "web", "action": "restart"}),
        ("POST", "/tick?force=yes", None),
        ("POST", "/reload", {"force": True}),
        ("DELETE", "/quarantine/web", {"why": "done"}),
        ("GET", "/heals?limits=1", None),
        ("GET", "/status?by=me", None),
    ):
        data = None if body is None else json.dumps(body).encode()
        _refused(urllib.request.Request(web.url("autoheal", path), data, head, method=method), 400)
    assert web.pid("web") == pid
    with web.open("autoheal", "/maintenance") as answer:
        assert json.load(answer)["windows"] == []


def test_a_page_of_nothing_has_no_next_one(web: LiveStack) -> None:
    with web.open("autoheal", "/history?limit=0") as answer:
        assert json.load(answer)["next"] != 0


def test_every_refusal_says_what_to_do(web: LiveStack) -> None:
    reader = (web.home / "secrets" / "reader.token").read_text(encoding="ascii").strip()
    heads = [({}, 401), ({"Authorization": f"Bearer {reader}"}, 403)]
    for head, code in heads:
        asked = urllib.request.Request(web.url("autoheal", "/reload"), b"", head, method="POST")
        assert _refused(asked, code)
    head = {"Authorization": f"Bearer {web.token()}"}
    assert _refused(urllib.request.Request(web.url("autoheal", "/nosuch"), headers=head), 404)
    asked = urllib.request.Request(web.url("autoheal", "/status"), b"", head, method="POST")
    assert _refused(asked, 405)


def test_a_name_elsewhere_that_names_nothing_is_a_wrong_request(web: LiveStack) -> None:
    head = {"Authorization": f"Bearer {web.token()}"}
    wish = json.dumps({"subject": "nosuch"}).encode()
    for asked in (
        urllib.request.Request(web.url("autoheal", "/trends?check=nosuch"), headers=head),
        urllib.request.Request(web.url("autoheal", "/heal"), wish, head, method="POST"),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked, timeout=10)
        assert refused.value.code == 400, asked.full_url
        refused.value.close()


def test_metrics_are_prometheus_text(web: LiveStack) -> None:
    with web.open("autoheal", "/metrics") as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    assert families
    assert all(family.documentation for family in families)


def test_events_tell_of_a_heal_as_it_happens(stack: LiveStack) -> None:
    stack.add("web")
    stack.write()
    stack.up()
    heard: list[str] = []
    with stack.open("autoheal", "/events") as stream:
        reader = threading.Thread(target=lambda: heard.extend(_events(stream)), daemon=True)
        reader.start()
        stack.kill("web")
        stack.until_healed("web")
        reader.join(timeout=30)
    assert not reader.is_alive()
    assert "healed" in heard[-1]


def _events(stream: object) -> list[str]:
    """Lines up to the one that tells of a heal that ended well."""
    lines: list[str] = []
    for raw in stream:  # type: ignore[attr-defined]  # an HTTP response iterates over its lines
        lines.append(raw.decode())
        if '"outcome": "healed"' in lines[-1]:
            break
    return lines


def test_logs_are_rotated_and_still_shown(stack: LiveStack) -> None:
    stack.add("web", "--chatter", str(30 * 2**20), "--say=the end")
    stack.write()
    stack.up()
    logs = stack.home / "logs"
    stack.until(lambda: len(list(logs.glob("web.log*"))) > 1, "the log is rotated")
    stack.until(lambda: _size(logs) < 60 * 2**20, "and bounded")
    assert stack.run("logs", "web", "-n", "3").returncode == 0
    assert not gone(stack.pid("web"))


def _size(logs: Path) -> int:
    return sum(path.stat().st_size for path in logs.glob("web.log*"))


def test_a_followed_log_is_shown_once_over_its_rotation(stack: LiveStack) -> None:
    stack.add("web")
    stack.write()
    stack.up()
    log = stack.home / "logs" / "web.log"
    follower = stack.start("logs", "web", "-f", "-n", "0")
    seen: list[str] = []

    def read() -> None:
        assert follower.stdout is not None
        seen.extend(line.strip() for line in follower.stdout if line.startswith("mark"))

    def say(text: str) -> bool:
        with log.open("a", encoding="ascii") as file:
            return bool(file.write(text))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        stack.until(lambda: say("mark 0\n") and "mark 0" in seen, "it follows")
        say(("x" * 63 + "\n") * 180_000 + "mark 1\n")
        stack.until(lambda: "mark 1" in seen, "the end of much is shown")
        stack.until(lambda: log.stat().st_size < 2**20, "the log is rotated")
        say("mark 2\n")
        stack.until(lambda: "mark 2" in seen, "it goes on")
    finally:
        follower.send_signal(signal.SIGINT)
        follower.wait()
        reader.join()
        assert follower.stdout is not None
        follower.stdout.close()
    assert [line for line in seen if line != "mark 0"] == ["mark 1", "mark 2"]


def test_what_a_stack_has_started_is_no_orphan_of_it(stack: LiveStack) -> None:
    stack.add("web")
    stack.check("vrooli-orphans", interval=1)
    stack.write()
    stack.up()
    stack.until_result("vrooli-orphans", "ok", "0 orphans")
    looked = stack.get("autoheal", "/checks/vrooli-orphans")["looked_at"]

    def another_look() -> bool:
        return bool(stack.get("autoheal", "/checks/vrooli-orphans")["looked_at"] > looked)

    stack.until(another_look, "it is looked at while all of it runs")
    assert stack.result("vrooli-orphans")["status"] == "ok"
