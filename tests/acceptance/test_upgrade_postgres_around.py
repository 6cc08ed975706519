"""An upgrade of PostgreSQL among others: whoever else listens, runs, or is called alike."""

import signal
import socket
import threading

from tests.support.older_postgres import (
    NEWER,
    OLDER,
    fill,
    holds_all,
    of,
    programs,
    sql,
    version,
)
from tests.support.stack import LiveStack, said
from tests.support.terminal import on_terminal


def test_who_else_holds_the_port_is_told_nothing(stack: LiveStack) -> None:
    of(stack, OLDER)
    stack.up()
    fill(stack)
    of(stack, None)
    stack.up()
    assert stack.run("stop", "postgres").returncode == 0
    with _Listener(stack.ports["postgres"]) as foreign:
        planned = stack.run("resource", "upgrade", "postgres", "--dry-run")
    assert planned.returncode == 0, said(planned)
    assert "could not be asked before" in planned.stderr, said(planned)
    assert foreign.heard == []
    assert stack.run("resource", "upgrade", "postgres").returncode == 0
    assert stack.run("start", "postgres").returncode == 0
    assert version(stack) == 18
    holds_all(stack)


def test_it_is_run_by_the_programs_that_made_it_and_not_by_others_of_their_version(
    stack: LiveStack,
) -> None:
    of(stack, OLDER)
    stack.up()
    fill(stack)
    of(stack, NEWER)
    early = stack.run("resource", "upgrade", "postgres", "--dry-run")
    assert "edited since the last" in early.stderr, said(early)
    refused = stack.run("up")
    assert (refused.returncode, "resource upgrade" in refused.stderr) == (1, True), said(refused)
    upgraded = stack.run("resource", "upgrade", "postgres")
    assert upgraded.returncode == 0, said(upgraded)
    assert (version(stack), programs(stack)) == (18, NEWER)
    undone = stack.run("resource", "upgrade", "postgres", "--undo", "--yes")
    assert undone.returncode == 0, said(undone)
    assert (version(stack), programs(stack)) == (16, OLDER)
    assert stack.run("resource", "upgrade", "postgres", "--forget", "--yes").returncode == 0
    of(stack, None)
    stack.up()
    assert programs(stack) == OLDER, "an undone upgrade leaves it as it was"
    sql(stack, "CREATE VIEW gone AS SELECT buffers_backend FROM pg_stat_bgwriter", "SELECT 1")
    failed = stack.run("resource", "upgrade", "postgres")
    assert failed.returncode == 1, said(failed)
    assert (version(stack), programs(stack)) == (16, OLDER)
    sql(stack, "DROP VIEW gone", "SELECT 1")
    assert stack.run("resource", "upgrade", "postgres").returncode == 0
    assert version(stack) == 18
    holds_all(stack)


def test_services_that_are_called_alike_run_on(stack: LiveStack) -> None:
    alike = ("postgres-upgrade", "postgres-prepare")
    for name in alike:
        stack.add(name)
    stack.write()
    stack.up()
    before = stack.pids(*alike)
    of(stack, OLDER)
    stack.up()
    assert stack.pids(*alike) == before
    of(stack, None)
    stack.up()
    ended = stack.run("resource", "upgrade", "postgres")
    assert ended.returncode == 0, said(ended)
    assert stack.pids(*alike) == before
    assert stack.heals() == []
    assert "initdb" not in stack.log("postgres-upgrade")
    assert "Performing Upgrade" in stack.run("logs", "postgres.upgrade").stdout


def test_nobody_is_asked_about_nothing_and_all_of_it_fits_on_a_narrow_terminal(
    stack: LiveStack,
) -> None:
    of(stack, NEWER)
    stack.up()
    command = stack.command("resource", "upgrade", "postgres")
    on_terminal(60, [*command, "--forget"], stack.environment, stack.folder)  # it would wait
    shown = on_terminal(60, [*command, "--help"], stack.environment, stack.folder)
    assert max(map(len, shown)) <= 60


def test_ctrl_c_without_a_watchdog_ends_it_in_order(stack: LiveStack) -> None:
    stack.autoheal(enabled=False)
    of(stack, OLDER)
    stack.up()
    fill(stack)
    of(stack, None)
    stack.up()
    for step in ("create the database cluster", "copy and upgrade"):
        told = _interrupted_at(stack, step)
        assert "there is no watchdog to go on with it" in told
        assert "Traceback" not in told
        names = sorted(path.name for path in (stack.home / "data").iterdir())
        assert names == ["postgres", "postgres.clusters.json"], told
        stack.up()
        assert version(stack) == 16
        holds_all(stack)


def _interrupted_at(stack: LiveStack, step: str) -> str:
    """All that an upgrade says that is interrupted when it comes to `step`."""
    lines = []
    with stack.start("resource", "upgrade", "postgres") as begun:
        assert begun.stdout is not None
        for line in begun.stdout:
            lines.append(line)
            if step in line:
                begun.send_signal(signal.SIGINT)
    assert begun.returncode == 130, "".join(lines)
    return "".join(lines)


class _Listener:
    """Somebody else on a port of loopback; hangs up on all who come, and knows what they said."""

    def __init__(self, port: int) -> None:
        self.heard: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> "_Listener":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.heard.append(connection.recv(1024))
