"""supervisord and Monit, supervising the same service."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench._lab import Lab

SUPERVISORD = Path(sys.executable).with_name("supervisord")
ENDS = 20.0
"""Seconds that a peer gets to end."""


@contextmanager
def supervisord(lab: Lab) -> Iterator[None]:
    """Its defaults, but for more tries before it gives up (`startretries`)."""
    lines = ["[supervisord]", "nodaemon=true", f"logfile={lab.folder}/supervisord.log"]
    lines += [f"pidfile={lab.folder}/supervisord.pid", *(["user=root"] if _root() else [])]
    for victim in lab.victims:
        command = shlex.join(victim.argv).replace("%", "%%")
        lines += [f"[program:{victim.name}]", f"command={command}", "startretries=1000"]
    config = lab.folder / "supervisord.conf"
    config.write_text("\n".join(lines), encoding="utf-8")
    with _running([str(SUPERVISORD), "-c", str(config)]):
        yield


@contextmanager
def monit(lab: Lab, hung: Sequence[int] = ()) -> Iterator[None]:
    """Polling every second, its floor, and one HTTP check for each port in `hung`."""
    folder = lab.folder
    lines = [
        "set daemon 1",
        f"set pidfile {folder}/monit.pid",
        f"set statefile {folder}/monit.state",
    ]
    lines += [f"set idfile {folder}/monit.id", f"set logfile {folder}/monit.log"]
    for victim in lab.victims:
        start = folder / f"{victim.name}.sh"
        start.write_text(f"#!/bin/sh\nsetsid {shlex.join(victim.argv)} >/dev/null 2>&1 &\n")
        start.chmod(0o755)
        lines += [f"check process {victim.name} with pidfile {victim.pid_file}"]
        lines += [f'  start program = "{start}"', '  stop program = "/bin/true"']
    for number, port in enumerate(hung):
        lines += [f"check host hung{number} with address 127.0.0.1"]
        lines += [f"  if failed port {port} protocol http with timeout 5 seconds then alert"]
    config = folder / "monitrc"
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    config.chmod(0o700)
    with _running([_program("monit"), "-I", "-c", str(config)]):
        yield


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/bin")
    if found is None:
        raise SystemExit(f"{name} is not installed: run scripts/install-test-parts --bench")
    return found


def _root() -> bool:
    return os.geteuid() == 0


@contextmanager
def _running(command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(ENDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
