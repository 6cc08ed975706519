"""Backups that are damaged, and such that were killed while they were taken: how many of them are
noticed, by a code other than 0 of what restores or verifies them; and how many of the others come
back with wrong rows and a 0. The same damages for each, by one seed.
"""

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench._arguments import parser
from bench._database import Plain, Server, plain
from bench._figures import machine, say
from tests.support.older_postgres import DEBIAN
from tests.support.stack import LiveStack

SEED = 53
ROUNDS = {"a bit flipped": 25, "cut": 5, "a file gone": 5, "killed": 5}
ROWS = 200_000
"""Of a table with texts: 20 MB."""

FILL = f"""CREATE TABLE kept AS SELECT n, md5(n::text) AS a, md5((n * 7)::text) AS b
FROM generate_series(1, {ROWS}) n"""
SUM = "SELECT count(*) || '.' || sum(hashtextextended(k::text, 0)) FROM kept k"
"""Says whether two tables hold the same."""


@dataclass
class Recipe:
    """One way to have a backup.

    Attributes:
        make: takes one.
        check: code of what restores it, or of what looks whether it can be.
        rows: the sum of what came back; empty where nothing was restored.
        folder: where it is.
    """

    make: Callable[[bool], int]
    check: Callable[[], int]
    rows: Callable[[], str]
    folder: Path
    noticed: dict[str, int] = field(default_factory=dict)
    wrong: int = 0


def main() -> None:
    """Measure and print."""
    parser(__doc__).parse_args()
    say(f"{sum(ROUNDS.values())} damages: {ROUNDS}\n{machine()}")
    with plain() as peer, _ours() as (stack, server):
        for one in (peer, server):
            one.sql(FILL)
        right = peer.sql(SUM)
        recipes = dict(_peers(peer)) | {"ours": _of(stack, server)}
        for name, recipe in recipes.items():
            _measure(recipe, right)
            share = sum(recipe.noticed.values()) / sum(ROUNDS.values())
            each = ", ".join(f"{what} {n} of {ROUNDS[what]}" for what, n in recipe.noticed.items())
            say(f"  {name}: {share:.0%} noticed ({each}); {recipe.wrong} wrong rows with code 0")


def _measure(recipe: Recipe, right: str) -> None:
    chance = random.Random(SEED)
    if recipe.make(False) or recipe.check() or recipe.rows() not in ("", right):
        raise SystemExit(f"no backup, or none that can be restored: {recipe.folder}")
    pristine = recipe.folder.with_name(recipe.folder.name + ".whole")
    shutil.copytree(recipe.folder, pristine, symlinks=True)
    damages = {"a bit flipped": _flip, "cut": _cut, "a file gone": _remove}
    for what, damage in damages.items():
        for _ in range(ROUNDS[what]):
            damage(recipe.folder, chance)
            _look(recipe, what, right)
            shutil.rmtree(recipe.folder)
            shutil.copytree(pristine, recipe.folder, symlinks=True)
            _own_as(recipe.folder, pristine)
    for _ in range(ROUNDS["killed"]):
        # Whoever is killed says so, if only the shell looks; what is left must not pass either.
        killed = recipe.make(True)
        _look(recipe, "killed", right, told=killed != 0)


def _look(recipe: Recipe, what: str, right: str, *, told: bool = False) -> None:
    noticed = told or recipe.check() != 0
    recipe.noticed[what] = recipe.noticed.get(what, 0) + noticed
    if not noticed and recipe.rows() not in ("", right):
        recipe.wrong += 1


def _own_as(folder: Path, like: Path) -> None:
    """Copies belong to whoever copied them."""
    for path in [folder, *folder.rglob("*")]:
        was = (like / path.relative_to(folder)).stat()
        shutil.chown(path, was.st_uid, was.st_gid)


def _victim(folder: Path, chance: random.Random) -> Path:
    """A file, the larger the likelier: so disks choose."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    return chance.choices(files, [path.stat().st_size for path in files])[0]


def _flip(folder: Path, chance: random.Random) -> None:
    path = _victim(folder, chance)
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def _cut(folder: Path, chance: random.Random) -> None:
    path = _victim(folder, chance)
    with path.open("r+b") as file:
        file.truncate(chance.randrange(path.stat().st_size))


def _remove(folder: Path, chance: random.Random) -> None:
    _victim(folder, chance).unlink()


def _peers(peer: Plain) -> Iterator[tuple[str, Recipe]]:
    where, bench = " ".join(peer.where), "bench"
    dump = f"{peer.bin}/pg_dump {where}"
    psql = f"{peer.bin}/psql {where} -qX back"
    yield "pg_dump, psql", _dumped(peer, "sql", f"{dump} {bench} > {{}}", f"{psql} < {{}}")
    zipped = f"{dump} {bench} | gzip > {{}}", f"gunzip < {{}} | {psql}"
    yield "pg_dump | gzip, gunzip | psql", _dumped(peer, "gz", *zipped)
    custom = f"{dump} -Fc -f {{}} {bench}", f"{peer.bin}/pg_restore {where} -d back {{}}"
    yield "pg_dump -Fc, pg_restore", _dumped(peer, "dump", *custom)
    if peer.pgbackrest:
        yield "pgBackRest, verify", _backrest(peer)


def _dumped(peer: Plain, ending: str, make: str, restore: str) -> Recipe:
    folder = peer.folder / ending
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    file = folder / f"bench.{ending}"

    def made(kill: bool) -> int:
        file.unlink(missing_ok=True)
        return _shell(peer, make.format(file), kill="pg_dump" if kill else "")

    def check() -> int:
        _shell(peer, f"{peer.bin}/dropdb {' '.join(peer.where)} --if-exists back")
        _shell(peer, f"{peer.bin}/createdb {' '.join(peer.where)} --template=template0 back")
        return _shell(peer, restore.format(file))

    def rows() -> str:
        back = Server(peer.bin, peer.host, peer.port, "", "back")
        there = back.sql("SELECT to_regclass('kept') IS NOT NULL")
        return back.sql(SUM) if there == "t" else "no table"

    return Recipe(made, check, rows, folder)


def _backrest(peer: Plain) -> Recipe:
    verify = " ".join([*peer.pgbackrest, "verify"])

    def made(kill: bool) -> int:
        command = " ".join([*peer.pgbackrest, "--type=full", "backup"])
        return _shell(peer, command, kill="pgbackrest" if kill else "")

    return Recipe(made, lambda: _shell(peer, verify), lambda: "", peer.folder / "repo")


def _shell(peer: Plain, command: str, kill: str = "") -> int:
    """Code of what people write; with `kill` that program in it gets SIGKILL soon."""
    argv = ["runuser", "-u", "postgres", "--", "sh", "-c", command]
    with subprocess.Popen(
        argv, cwd=peer.folder, env={**peer.env, "HOME": str(peer.folder)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        if kill:
            time.sleep(0.15)
            subprocess.run(["pkill", "-KILL", "-u", "postgres", "-x", kill], check=False)
        return process.wait()


@contextmanager
def _ours() -> Iterator[tuple[LiveStack, Server]]:
    stack = LiveStack()
    try:
        stack.resource("postgres", "postgres", installation=str(DEBIAN[-1]))
        stack.write()
        stack.up()
        secret = (stack.home / "secrets" / "postgres-superuser").read_text(encoding="ascii")
        port = stack.ports["postgres"]
        yield stack, Server(DEBIAN[-1], "127.0.0.1", port, secret.strip(), "vrooli")
    finally:
        stack.close()


def _of(stack: LiveStack, server: Server) -> Recipe:
    only = ("--only", "postgres")

    def made(kill: bool) -> int:
        command = ("backup", "run", *only, "--no-verify")
        if not kill:
            return stack.run(*command).returncode
        process = stack.start(*command)
        time.sleep(0.7)
        process.send_signal(signal.SIGKILL)
        return process.wait()

    return Recipe(
        made,
        lambda: stack.run("backup", "verify").returncode,
        lambda: "",
        stack.home / "backups",
    )


if __name__ == "__main__":
    main()
