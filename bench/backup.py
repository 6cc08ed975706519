"""Backups of a database of 1 GB, and getting it back: seconds and bytes, beside what people use."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bench._arguments import rounds_wanted
from bench._database import MORE, SETTLE, Plain, Server, plain, size_of
from bench._figures import machine, ratio, say
from tests.support.older_postgres import DEBIAN, NEWER
from tests.support.stack import LiveStack, said

Rows = dict[str, list[float]]


def main() -> None:
    """Measure and print."""
    rounds = rounds_wanted(__doc__, 3)
    say(machine())
    rows: Rows = {}
    with plain() as peer, _ours(str(DEBIAN[-1])) as (stack, server):
        peer.fill()
        server.fill()
        say(f"  the database: {server.sql('SELECT pg_database_size(current_database())')} bytes")
        for _ in range(rounds):
            _taken(rows, peer, stack)
        for _ in range(rounds):
            _back(rows, peer, stack, server)
    _tell(rows)
    with _ours("embedded") as (stack, server):
        server.fill()
        _next_day(stack, server)
    say(machine())


@contextmanager
def _ours(installation: str) -> Iterator[tuple[LiveStack, Server]]:
    stack = LiveStack()
    try:
        settings = {"max_wal_size": "4GB"}
        stack.resource("postgres", "postgres", installation=installation, settings=settings)
        stack.write()
        stack.up()
        secret = (stack.home / "secrets" / "postgres-superuser").read_text(encoding="ascii")
        programs = NEWER if installation == "embedded" else Path(installation)
        port = stack.ports["postgres"]
        yield stack, Server(programs, "127.0.0.1", port, secret.strip(), "vrooli")
    finally:
        stack.close()


def _add(rows: Rows, name: str, seconds: float) -> None:
    rows.setdefault(name, []).append(seconds)
    say(f"    {name}: {seconds:.2f} s")


def _run(stack: LiveStack, *command: str) -> tuple[float, dict[str, Any]]:
    begun = time.monotonic()
    ended = stack.run(*command)
    assert ended.returncode == 0, said(ended)
    seconds = time.monotonic() - begun
    return seconds, json.loads(ended.stdout) if "--json" in command else {}


def _taken(rows: Rows, peer: Plain, stack: LiveStack) -> None:
    where = " ".join(peer.where)
    dump = f"{peer.bin}/pg_dump {where} bench | gzip > {peer.folder}/dump.gz"
    _add(rows, "pg_dump | gzip", peer.run(shell=dump))
    point = _afresh(rows, stack, "ours, logical", "--logical")
    target = peer.folder / "base"
    shutil.rmtree(target, ignore_errors=True)
    base = (peer.bin / "pg_basebackup", *peer.where, "-Ft", "-z", "-c", "fast", "-D", target)
    _add(rows, "pg_basebackup -Ft -z", peer.run(*base))
    if peer.pgbackrest:
        _add(rows, "pgBackRest, full", peer.run(*peer.pgbackrest, "--type=full", "backup"))
    whole = _afresh(rows, stack, "ours, physical")
    _add(rows, "ours, verify it", _run(stack, "backup", "verify", whole["id"])[0])
    say(
        f"    stored: ours {point['stored_bytes'] / 1e6:.1f} MB logical, "
        f"{whole['stored_bytes'] / 1e6:.1f} MB physical; pg_dump | gzip "
        f"{size_of([peer.folder / 'dump.gz']):.1f} MB, pg_basebackup {size_of([target]):.1f} MB"
    )


def _afresh(rows: Rows, stack: LiveStack, name: str, *more: str) -> dict[str, Any]:
    """Taken as peers do, then with what a proof compares, each into an empty store; the latter."""
    point: dict[str, Any] = {}
    for added, option in (("", ["--no-rows"]), (", rows read", [])):
        for folder in ("packs", "points"):
            shutil.rmtree(stack.home / "backups" / folder, ignore_errors=True)
        how = (*more, "--no-verify", *option, "--json")
        seconds, point = _run(stack, "backup", "run", *how)
        _add(rows, f"{name}{added}", seconds)
    return point


def _back(rows: Rows, peer: Plain, stack: LiveStack, server: Server) -> None:
    """From the loss of the data folder to the first answer."""
    where = " ".join(peer.where)
    peer.run(peer.bin / "dropdb", *peer.where, "--if-exists", "back")  # a restore brought it back
    peer.run(peer.bin / "createdb", *peer.where, "--template=template0", "back")
    psql = f"gunzip < {peer.folder}/dump.gz | {peer.bin}/psql {where} -qX back"
    _add(rows, "gunzip | psql", peer.run(shell=psql))
    peer.run(peer.bin / "dropdb", *peer.where, "back")
    if peer.pgbackrest:
        peer.stop()
        shutil.rmtree(peer.data)
        begun = time.monotonic()
        peer.run(*peer.pgbackrest, "restore")
        peer.start()
        peer.sql("SELECT 1 FROM events LIMIT 1")
        _add(rows, "pgBackRest, restore", time.monotonic() - begun)
        while peer.sql("SELECT pg_is_in_recovery()") == "t":
            time.sleep(0.1)
    before = server.sql("SELECT pg_postmaster_start_time()")
    shutil.rmtree(next(path for path in (stack.home / "data").glob("postgres*") if path.is_dir()))
    begun = time.monotonic()
    with ThreadPoolExecutor(1) as other:
        answered = other.submit(_answers, server, before)
        _run(stack, "restore", "--yes")
        _add(rows, "ours, restore", answered.result() - begun)


def _answers(server: Server, before: str) -> float:
    """When a server that was begun later than `before` answers a query for rows; the command goes
    on to say how far back it is.
    """
    query = f"SELECT 1 FROM events WHERE pg_postmaster_start_time() > '{before}' LIMIT 1"
    while True:
        with suppress(subprocess.CalledProcessError):
            if server.sql(query):
                return time.monotonic()
        time.sleep(0.1)


def _tell(rows: Rows) -> None:
    for name, values in rows.items():
        shown = ", ".join(f"{value:.2f}" for value in values)
        median = sorted(values)[len(values) // 2]
        say(f"  {name:<24} n={len(values)}  median {median:.2f} s ({shown})")
    for peer, ours in (
        ("pg_dump | gzip", "ours, logical"),
        ("pg_basebackup -Ft -z", "ours, physical"),
        ("pgBackRest, full", "ours, physical"),
        ("gunzip | psql", "ours, restore"),
        ("pgBackRest, restore", "ours, restore"),
    ):
        say(f"  ratio: {peer} / {ours}: {ratio(rows.get(peer, []), rows[ours])}")


def _next_day(stack: LiveStack, server: Server) -> None:
    """What one more point takes in the store, after a day with and without changes."""
    for how in ("--logical", "--incremental"):
        run = ("backup", "run", how, "--no-verify", "--json")
        first = _run(stack, *run)[1]
        none = _run(stack, *run)[1]
        begun = server.sql("SELECT pg_current_wal_lsn()")
        server.sql(MORE)
        wal = server.sql(f"SELECT pg_current_wal_lsn() - '{begun}'")
        seconds, more = _run(stack, *run)
        say(
            f"  {how}: first {_added(first):.2f} MB; after no change {_added(none):.3f} MB; "
            f"after 7,000 rows {_added(more):.2f} MB, {seconds:.1f} s, "
            f"their WAL {int(wal) / 1e6:.1f} MB"
        )
        server.sql(*SETTLE)


def _added(point: dict[str, Any]) -> float:
    return float(sum(part["facts"]["added"] for part in point["parts"])) / 1e6


if __name__ == "__main__":
    main()
