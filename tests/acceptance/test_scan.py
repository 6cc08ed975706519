"""`vrooli init --scan`: what runs here is found, once, and only watched."""

import contextlib
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.support.network import alone
from tests.support.ports import free_port
from tests.support.postgres import running_postgres
from tests.support.root import ROOT, own_network
from tests.support.stack import LiveStack, said

SECRET = "not-for-the-file"

WEB = "import http.server as h; h.HTTPServer(('0.0.0.0', {port}), h.SimpleHTTPRequestHandler)"


@contextlib.contextmanager
def program(*command: str) -> Iterator[None]:
    """A process of somebody else."""
    null = subprocess.DEVNULL
    running = subprocess.Popen(command, stdin=null, stdout=null, stderr=null, cwd="/tmp")
    try:
        yield
    finally:
        running.kill()
        running.wait()


@contextlib.contextmanager
def somebodys(ports: dict[str, int]) -> Iterator[None]:
    """Two Redis, one of them closed, a web server and a PostgreSQL."""
    ports |= {name: free_port() for name in ("open", "closed", "web")}
    redis = ("redis-server", "--save", "", "--appendonly", "no", "--port")
    serve = WEB.format(port=ports["web"]) + ".serve_forever()"
    with contextlib.ExitStack() as stack:
        stack.enter_context(program(*redis, str(ports["open"])))
        stack.enter_context(program(*redis, str(ports["closed"]), "--requirepass", SECRET))
        stack.enter_context(program(sys.executable, "-c", serve))
        database = stack.enter_context(running_postgres(Path("/tmp")))
        ports["database"] = database.port
        yield


@own_network
def test_what_runs_here_is_found_once_and_only_watched(stack: LiveStack) -> None:
    alone(lambda: _found_and_watched(stack))


def _found_and_watched(stack: LiveStack) -> None:
    stack.add("mine")
    stack.write()
    kept = "# a comment of mine\n" + stack.file.read_text(encoding="utf-8").rstrip("\n")
    stack.file.write_text(kept, encoding="utf-8")  # no newline at its end
    stack.up()
    ports: dict[str, int] = {}
    with somebodys(ports):
        stack.until(lambda: len(_planned(stack)) == 4, "all four listen")
        shown = stack.run("init", "--scan", "--dry-run")
        assert shown.returncode == 0, said(shown)
        assert shown.stdout.startswith("--- ")
        assert stack.file.read_text(encoding="utf-8") == kept
        done = stack.run("init", "--scan")
        assert done.returncode == 0, said(done)
        text = stack.file.read_text(encoding="utf-8")
        assert text.startswith(kept)
        assert SECRET not in text + shown.stdout
        _sections_are_right(text, ports)
        again = json.loads(stack.run("init", "--scan", "--json").stdout)
        assert (again["added"], again["written"], again["troubles"]) == ([], False, [])
        assert stack.run("config", "check").returncode == 0
        stack.up()
        stack.until_ok()
    stack.until(
        lambda: stack.autoheal_command("tick", "--force").returncode == 2, "their end is seen"
    )
    assert stack.heals() == []
    stack.down()


def _planned(stack: LiveStack) -> list[str]:
    told = json.loads(stack.run("init", "--scan", "--dry-run", "--json").stdout)
    assert not told["written"]
    return list(told["added"])


def _sections_are_right(text: str, ports: dict[str, int]) -> None:
    found = {s["port"]: s for s in tomllib.loads(text)["resources"].values()}
    assert {port: found[port]["kind"] for port in ports.values()} == {
        ports["open"]: "redis",
        ports["closed"]: "redis",
        ports["web"]: "http",
        ports["database"]: "postgres",
    }
    assert len(found) == 4, "nothing of our own"
    for section in found.values():
        assert (section["heal"], section["runtime"]) == ("watch", "external")


def test_a_file_with_mistakes_is_left_alone_and_one_that_is_missing_is_made(
    stack: LiveStack,
) -> None:
    refused = stack.run("init", "--dry-run")
    assert (refused.returncode, "--scan" in refused.stderr) == (2, True), said(refused)
    stack.file.write_text("[resources]\nx = 1\n", encoding="utf-8")
    broken = stack.run("init", "--scan")
    assert (broken.returncode, str(stack.file) in broken.stderr) == (2, True), said(broken)
    assert stack.file.read_text(encoding="utf-8") == "[resources]\nx = 1\n"
    stack.file.unlink()
    alone(lambda: _made(stack)) if ROOT else None


def _made(stack: LiveStack) -> None:
    made = stack.run("init", "--scan")
    assert made.returncode == 0, said(made)
    assert "[autoheal]" in stack.file.read_text(encoding="utf-8")
    assert [path.name for path in stack.folder.glob(".*")] == []
