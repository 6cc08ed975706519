"""What a file names and this machine has not, told before the `up`."""

from pathlib import Path

from tests.support.stackfile import StackFile
from vrooli.main.file_troubles import troubles

FILE = """
[notify.channels.phone]
url = "env:NOPE"
[notify.channels.mail]
url = "file:nope"
[notify.channels.hook]
url = "json://host/"
[checks.site]
kind = "endpoint-http"
url = "file:nope"
[checks.own]
kind = "exec"
command = ["/nonexistent/check", "-v"]
[checks.other]
kind = "exec"
command = ["sh", "-c", "true"]
[fleet]
server = "https://vrooli.example.org"
token = "env:FLEET"
"""


def test_what_is_not_there_is_told_of_channels_and_checks(tmp_path: Path) -> None:
    stack = StackFile(tmp_path).load(FILE)
    missing = f"file:{tmp_path}/nope: cannot read the secret: No such file or directory"
    assert troubles(stack, {}) == [
        "notify.channels.phone: url: env:NOPE: the variable is not set",
        f"notify.channels.mail: url: {missing}",
        "fleet: token: env:FLEET: the variable is not set",
        f"checks.site: url: {missing}",
        "checks.own: command: /nonexistent/check: there is no such program",
    ]


def test_what_is_there_is_no_trouble(tmp_path: Path) -> None:
    secret = tmp_path / "nope"
    secret.write_text("json://host/")
    secret.chmod(0o600)
    found = troubles(StackFile(tmp_path).load(FILE), {"NOPE": "json://host/", "FLEET": "vrh_x"})
    assert found == ["checks.own: command: /nonexistent/check: there is no such program"]


def test_what_the_first_up_makes_is_no_trouble(tmp_path: Path) -> None:
    """The tokens of the watchdog, and no other file beside them."""
    home = tmp_path / "home"
    web = '[scenarios.web]\ncommand = ["/bin/sh"]\n'
    tokens = {"R": "reader.token", "O": "operator.token", "X": "other.token"}
    named = ", ".join(f'{key} = "file:{home}/secrets/{name}"' for key, name in tokens.items())
    stack = StackFile(tmp_path).load(f"{web}env = {{ {named} }}\n")
    found = troubles(stack, {"VROOLI_HOME": str(home)})
    told = f"web: X: file:{home}/secrets/other.token: cannot read the secret: No such file or"
    assert found == [f"{told} directory"]
    assert len(troubles(stack, {"VROOLI_HOME": str(tmp_path / "another")})) == 3


def test_what_a_service_or_job_cannot_be_started_with_is_told(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    file = StackFile(tmp_path).load("""
[scenarios.web]
runtime = "systemd"
command = ["./serve"]
cwd = "nowhere"
user = "nobody-like-this"
instances = 2
limits = { read_only = ["/etc", "nope"] }
[scenarios.fine]
command = ["sh", "-c", "true"]
cwd = "app"
[jobs.report]
command = ["no-such-program"]
schedule = "every 1h"
""")
    assert troubles(file, {"PATH": "/usr/bin:/bin"}) == [
        f"web: command: {tmp_path}/serve: there is no such program",
        f"web: cwd: {tmp_path}/nowhere: there is no such folder",
        "web: user: nobody-like-this: there is no such user",
        f"web: limits.read_only: {tmp_path}/nope: there is no such path",
        "job report: command: no-such-program: there is no such program",
    ]
