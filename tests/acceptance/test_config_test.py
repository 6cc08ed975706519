"""The test of settings of a real nginx: nothing is restarted into a broken configuration."""

import json
import shutil
from pathlib import Path

import pytest

from tests.support.stack import LiveStack, said

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin")

CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; location / {{ return 200 "as declared"; }} }}
}}
"""


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed (apt-get install nginx)")
def test_nginx_is_not_restarted_while_its_settings_are_broken(stack: LiveStack) -> None:
    settings = stack.folder / "nginx.conf"
    sound = CONFIGURATION.format(folder=stack.folder, port=stack.port("web"))
    settings.write_text(sound, encoding="utf-8")
    program = [str(NGINX), "-e", "stderr", "-c", str(settings)]
    stack.add("web", command=program, config_test=[*program, "-t"])
    stack.write()
    stack.up()
    stack.until_ok()
    pid = stack.pid("web")

    _break(settings)
    refused = stack.run("restart", "web")
    assert refused.returncode == 1
    assert 'unknown directive "lisen"' in refused.stderr
    assert stack.pid("web") == pid

    stack.kill("web")
    stack.until(lambda: "lisen" in stack.service("web").get("message", ""), "the reason is said")
    seen = stack.service("web")
    assert seen["state"] == "failed"
    assert f"its test of settings (`{NGINX}`) exited with code 1" in seen["message"]
    assert stack.service("web")["pid"] is None
    stack.until(lambda: set(stack.outcomes("web")) == {"refused"}, "it is refused")
    assert "lisen" not in stack.log("web"), "it was not even tried"

    settings.write_text(sound, encoding="utf-8")
    heal = stack.until_healed("web")
    assert [attempt["action"] for attempt in heal["attempts"]] == ["start"]
    with stack.open("web", "/") as answer:
        assert answer.read() == b"as declared"


def test_what_is_refused_at_an_up_runs_on_and_is_well(stack: LiveStack) -> None:
    gate = stack.folder / "refuse"
    script = f"if test -e {gate}; then echo not like this; exit 1; fi"
    stack.add("app", config_test=["/bin/sh", "-c", script])
    stack.add("dep", needs=["app"])
    stack.write()
    stack.up()
    stack.until_ok()
    pids = stack.pid("app"), stack.pid("dep")

    gate.touch()
    stack.add("app", config_test=["/bin/sh", "-c", script], env={"EDITED": "1"})
    stack.write()
    refused = stack.run("up")
    assert refused.returncode == 1, said(refused)
    assert "not like this" in refused.stderr
    assert "what runs is left running" in refused.stderr
    assert "blocked" not in refused.stderr
    assert (stack.pid("app"), stack.pid("dep")) == pids
    assert [stack.service(name)["health"] for name in ("app", "dep")] == ["ok", "ok"]
    assert stack.service("app")["outdated"]
    stack.run("up")
    told = json.loads(stack.autoheal_command("timeline", "--json").stdout)
    happened = [one for one in told if one["subject"] in ("app", "scenario-app")]
    assert not [one for one in happened if one.get("to") in ("failed", "critical")], happened
    assert stack.outcomes("app") == []

    gate.unlink()
    assert stack.run("up").returncode == 0
    assert stack.pid("app") != pids[0]


def _break(settings: Path) -> None:
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("listen", "lisen"), encoding="utf-8")
