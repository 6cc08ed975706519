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

from bench._lab import Lab, Victim

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
def monit(lab: Lab, hung: Sequence[int] = (), more: Sequence[str] = ()) -> Iterator[None]:
    """Polling every second, its floor, with one HTTP check for each port in `hung`, and `more` of
    its own words.
    """
    lines = ["set daemon 1"]
    for victim in lab.victims:
        lines += monit_process(lab, victim)
    for number, port in enumerate(hung):
        lines += [f"check host hung{number} with address 127.0.0.1"]
        lines += [f"  if failed port {port} protocol http with timeout 5 seconds then alert"]
    config = monit_config(lab, [*lines, *more])
    with _running([_program("monit"), "-I", "-c", str(config)]):
        yield


def monit_process(lab: Lab, victim: Victim, stop: str = "/bin/true") -> list[str]:
    """How it supervises a victim."""
    start = lab.folder / f"{victim.name}.sh"
    start.write_text(f"#!/bin/sh\nsetsid {shlex.join(victim.argv)} >/dev/null 2>&1 &\n")
    start.chmod(0o755)
    return [
        f"check process {victim.name} with pidfile {victim.pid_file}",
        f'  start program = "{start}"',
        f'  stop program = "{stop}"',
    ]


def monit_config(lab: Lab, lines: Sequence[str]) -> Path:
    """Its configuration, with all that it keeps in the lab's folder."""
    folder = lab.folder
    head = [f"set pidfile {folder}/monit.pid", f"set statefile {folder}/monit.state"]
    head += [f"set idfile {folder}/monit.id", f"set logfile {folder}/monit.log"]
    config = folder / "monitrc"
    config.write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")
    config.chmod(0o700)
    return config


def monit_pid(lab: Lab) -> int:
    """Of the one that runs."""
    return int((lab.folder / "monit.pid").read_text(encoding="ascii"))


def monit_cycle(config: Path) -> None:
    """One round over everything, by a process of its own."""
    command = [_program("monit"), "-c", str(config), "validate"]
    subprocess.run(command, capture_output=True, check=False)


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
