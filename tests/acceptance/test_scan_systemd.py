"""`vrooli init --scan` on a machine with a real systemd."""

import json
import tomllib
from pathlib import Path

from tests.support.hosted_stack import FILE, FOLDER, HostedStack
from tests.support.stack import PROGRAM
from tests.support.systemd_host import SystemdHost, systemd_host

ASK = ("python3", "-c", "import socket; socket.create_connection(('127.0.0.1', 21044))")
ADDED = ["shop-report", "shop-web"]


def scan(host: SystemdHost, *options: str) -> list[str]:
    """What `vrooli init --scan` adds, in the folder of the stack."""
    command = f"cd {FOLDER} && vrooli init --scan --json {' '.join(options)}"
    told = json.loads(host.run("sh", "-c", command).stdout)
    assert told["troubles"] == []
    return list(told["added"])


def test_units_are_found_once_and_are_left_alone(tmp_path: Path) -> None:
    with systemd_host(tmp_path) as host:
        stack = HostedStack(host)
        host.add_unit(
            "shop-web.service",
            f"ExecStart=python3 -S {FOLDER}/{PROGRAM.name}",
            "Environment=HOST=127.0.0.1 PORT=21044 VROOLI_SERVICE=shop-web",
            f"WorkingDirectory={FOLDER}",
        )
        host.add_unit("shop-report.service", "ExecStart=sh -c 'sleep 1000; :' --password=geheim")
        host.run("systemctl", "start", "shop-web.service", "shop-report.service")
        stack.vrooli("up")
        stack.until_ok("store", "web", "extra")
        host.until(lambda: host.run(*ASK, check=False).returncode == 0, "it listens")
        assert scan(host) == ADDED
        text = host.read(FILE)
        assert "geheim" not in text
        found = tomllib.loads(text)["scenarios"]
        assert found["shop-report"] == {
            "runtime": "systemd",
            "unit": "shop-report.service",
            "heal": "watch",
        }
        assert found["shop-web"]["unit"] == "shop-web.service"
        assert found["shop-web"]["port"] == 21044
        assert scan(host) == []
        stack.vrooli("up")
        stack.until(lambda: stack.rows()["shop-web"]["health"] == "ok", "it is watched")
        stack.vrooli("down")
        host.run("systemctl", "is-active", *(f"{name}.service" for name in ADDED))  # or it fails
