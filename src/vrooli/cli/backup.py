"""`vrooli backup ...` and `vrooli restore`: restore points, and going back to one."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.help import App
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.lifecycle import follow
from vrooli.cli.options import File, Json
from vrooli.core.errors import EXIT_FAILURE, Refused, UsageError, VrooliError

if TYPE_CHECKING:
    from vrooli.backup.point import Point
    from vrooli.backup.proof import Proof
    from vrooli.backup.store import Store

_RUN_HELP = """
Take a restore point now, restore it beside what serves, and look whether it works.

It ends well only when that is so. With `--no-verify` it is only taken, and stays `unverified`.

Examples:

  vrooli backup run

  vrooli backup run --no-verify --json
"""

_LIST_HELP = """
List the restore points: what can be gone back to.

Example:

  vrooli backup list
"""

_SHOW_HELP = """
What a restore point holds, and what became of its last proof.

Examples:

  vrooli backup show latest

  vrooli backup show 20261128t075212z-3f09ab --json
"""

_VERIFY_HELP = """
Restore a point beside what serves, and look whether it works: every piece, every file, a start,
every row, every page. Ends with 1 when anything does not hold.

Examples:

  vrooli backup verify

  vrooli backup verify 20261128t075212z-3f09ab
"""

_FETCH_HELP = """
Unpack what a restore point has of a service into an empty folder, and touch nothing else.

Example:

  vrooli backup fetch latest --service postgres --into /tmp/looked-at
"""

_RESTORE_HELP = """
Have the data of a restore point in force.

It is fetched and started beside what serves; then the two change places, and what needs it is
stopped and started around that. What was in force is kept until
`vrooli resource upgrade NAME --forget`.

Examples:

  vrooli restore --dry-run

  vrooli restore latest

  vrooli restore 20261128t075212z-3f09ab --yes
"""

_Wanted = Annotated[
    str,
    typer.Argument(help="Its id, or how that begins; or `latest`.", metavar="[POINT]"),
]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the group, and `restore`."""
    group = App(help="Restore points: take, list, verify.")
    app.add_typer(group, name="backup")
    _register_run(group, kit)
    _register_views(group, kit)
    _register_verify(group, kit)
    _register_fetch(group, kit)
    _register_restore(app, kit)


def _register_run(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_RUN_HELP)
    def run(
        no_verify: Annotated[
            bool, typer.Option("--no-verify", help="Only take it; say `unverified` of it.")
        ] = False,
        anew: Annotated[
            bool,
            typer.Option(
                "--anew", help="The database was made anew since the last point, and that is meant."
            ),
        ] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        backups = kit.backups(home_to_change(kit, file))
        begun = time.monotonic()
        point = backups.take(_Counting(), anew=anew)
        if not json:
            took = time.monotonic() - begun
            render.out(
                f"{point.id}: {_bytes(point.plain)} in {_bytes(point.size)}, {took:.1f} s, "
                f"{backups.folder}"
            )
        proof = None if no_verify else backups.prove(point.id, _note)
        if json:
            render.print_json({**_point(point), "proof": _proof(proof)})
        elif proof is not None:
            _tell(proof)
        else:
            render.note("  it is unverified: `vrooli backup verify` looks whether it works")
        _require(proof)


def _register_views(group: typer.Typer, kit: Kit) -> None:
    @group.command("list", help=_LIST_HELP)
    def list_(file: File = None, json: Json = False) -> None:
        store = kit.backups(home_to_read(kit, file)).store()
        rows = [_row(store, id, found) for id, found in store.points()]
        if json:
            render.print_json(rows)
        elif not rows:
            render.note("there is none yet: `vrooli backup run` takes one")
        else:
            _show_rows(rows)
        if any("error" in row for row in rows):
            raise typer.Exit(EXIT_FAILURE)

    @group.command(help=_SHOW_HELP)
    def show(wanted: _Wanted = "latest", file: File = None, json: Json = False) -> None:
        store = kit.backups(home_to_read(kit, file)).store()
        point = store.point(wanted)
        proof = store.proof(point.id)
        if json:
            render.print_json({**_point(point), "proof": _proof(proof)})
            return
        render.out(f"{point.id}: {point.stack} on {point.host}, {_when(point.taken)}")
        for part in point.parts:
            render.out(
                f"  {part.service}: {_bytes(part.plain)} in {_bytes(part.size)}, "
                f"{len(part.packs)} pieces, {part.source}"
            )
        if proof is None:
            render.out("  unverified: nobody looked whether it works")
        else:
            _tell(proof)


def _row(store: "Store", id: str, found: "Point | VrooliError") -> dict[str, Any]:
    if isinstance(found, VrooliError):
        return {"id": id, "state": "damaged", "error": str(found)}
    proof = store.proof(id)
    return {
        "id": id,
        "taken": found.taken,
        "services": [part.service for part in found.parts],
        "bytes": found.plain,
        "stored_bytes": found.size,
        "state": proof.outcome if proof else "unverified",
    }


def _show_rows(rows: list[dict[str, Any]]) -> None:
    cells = [
        (
            row["id"],
            _when(row["taken"]) if "taken" in row else "-",
            ", ".join(row.get("services", ("-",))),
            _bytes(row["stored_bytes"]) if "stored_bytes" in row else "-",
            row["state"],
        )
        for row in rows
    ]
    render.table(("POINT", "TAKEN", "OF", "SIZE", "STATE"), cells)
    for row in rows:
        if "error" in row:
            render.note(row["error"])


def _register_verify(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_VERIFY_HELP)
    def verify(wanted: _Wanted = "latest", file: File = None, json: Json = False) -> None:
        proof = kit.backups(home_to_change(kit, file)).prove(wanted, _note)
        if json:
            render.print_json(_proof(proof))
        else:
            _tell(proof)
        _require(proof)


def _register_fetch(group: typer.Typer, kit: Kit) -> None:
    @group.command(help=_FETCH_HELP)
    def fetch(
        service: Annotated[
            str, typer.Option("--service", help="Whose data.", metavar="NAME", show_default=False)
        ],
        into: Annotated[Path, typer.Option("--into", help="An empty folder.", metavar="FOLDER")],
        wanted: _Wanted = "latest",
        owner: Annotated[
            str, typer.Option("--owner", help="Whose the files shall be.", metavar="USER")
        ] = "",
        file: File = None,
    ) -> None:
        kit.backups(home_to_change(kit, file)).fetch(wanted, service, into, owner, render.out)


def _register_restore(app: typer.Typer, kit: Kit) -> None:
    @app.command(help=_RESTORE_HELP)
    def restore(
        wanted: _Wanted = "latest",
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Look, and say what would be done.")
        ] = False,
        failed: Annotated[
            bool, typer.Option("--failed", help="Also one whose proof failed.")
        ] = False,
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        from vrooli.stack.upgrading import Wish

        home = home_to_change(kit, file)
        store = kit.backups(home).store()
        point = store.newest_good() if wanted == "latest" else store.point(wanted)
        proof = store.proof(point.id)
        if proof is not None and proof.outcome == "failed" and not failed:
            raise Refused(
                f"its last proof failed: {proof.why}",
                where=point.id,
                next_step="choose another one (`vrooli backup list`), or say `--failed`",
            )
        if not json:
            state = proof.outcome if proof else "unverified"
            render.note(f"{point.id}, {_when(point.taken)}, {state}")
            render.note(f"  what was written since, {render.ago(point.taken)}, is not in it")
        for part in point.parts:
            wish = Wish(restore=point.id, room=part.plain, dry_run=dry_run)
            if not (dry_run or yes):
                _ask(part.service)
            begun = time.monotonic()
            if not follow(kit.upgrade(home, part.service, wish), json=json).get("ok"):
                raise typer.Exit(EXIT_FAILURE)
            if not (json or dry_run):
                render.note(f"  restored in {time.monotonic() - begun:.1f} s")


class _Counting:
    """Progress of a backup, on a terminal: one line that grows."""

    def __init__(self) -> None:
        self._begun, self._told = time.monotonic(), 0.0

    def __call__(self, service: str, done: int) -> None:
        now = time.monotonic()
        if now - self._told < 0.5 or not sys.stderr.isatty():
            return
        self._told = now
        rate = done / max(now - self._begun, 0.001)
        sys.stderr.write(f"\r{service}: {_bytes(done)}, {_bytes(rate)}/s ")
        sys.stderr.flush()


def _ask(service: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            f"this replaces the data of {service}, and nobody can be asked here",
            next_step="say `--yes` if it is meant; `--dry-run` tells what would be done",
        )
    sys.stderr.write(f"replace the data of {service}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        render.note("nothing was changed")
        raise typer.Exit(EXIT_FAILURE)


def _require(proof: "Proof | None") -> None:
    if proof is not None and proof.outcome != "verified":
        raise typer.Exit(EXIT_FAILURE)


def _tell(proof: "Proof") -> None:
    for check in proof.checks:
        render.out(f"  {check}")
    render.out(f"{render.paint(proof.outcome, _COLOUR[proof.outcome])} in {proof.seconds:.1f} s")
    if proof.why:
        render.note(render.plain_lines(proof.why))


_COLOUR = {"verified": "healthy", "failed": "failed", "unverified": "unknown"}


def _note(line: str) -> None:
    render.note(f"  {render.plain(line)}")


def _point(point: "Point") -> Mapping[str, Any]:
    return {
        "id": point.id,
        "stack": point.stack,
        "host": point.host,
        "begun": point.begun,
        "taken": point.taken,
        "bytes": point.plain,
        "stored_bytes": point.size,
        "parts": [
            {
                "service": part.service,
                "source": part.source,
                "bytes": part.plain,
                "stored_bytes": part.size,
                "facts": part.facts,
            }
            for part in point.parts
        ],
    }


def _proof(proof: "Proof | None") -> Mapping[str, Any]:
    from dataclasses import asdict

    return {"outcome": "unverified"} if proof is None else asdict(proof)


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
