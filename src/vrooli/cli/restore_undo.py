"""`vrooli restore --undo`: files as they were before the last restore of them."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vrooli.cli import render
from vrooli.cli.asking import require_answer
from vrooli.cli.backup_words import when
from vrooli.cli.restore_beside import Look
from vrooli.core.errors import UsageError
from vrooli.core.nearest import did_you_mean
from vrooli.core.plain import plain

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.stack.files_restored import FilesRestored, Restored

FILES = "files"
"""All of them, in `--only`."""


def require_alone(
    wanted: str, to: str, from_: str, look: Look, *, point_only: bool, failed: bool
) -> None:
    """Raise UsageError for what says where to go back to: that was said before."""
    if wanted or to or from_ or look.wanted or point_only or failed:
        raise UsageError(
            "`--undo` goes back to what was there before the last restore of files",
            next_step="leave all but `--only`, `--dry-run` and `--yes` out",
        )


def undone(
    backups: "Backups", words: Sequence[str], *, dry_run: bool, yes: bool, json: bool
) -> None:
    """Have it done, or only told with `dry_run`.

    Raises:
        UsageError: there is nothing to undo, or nobody can be asked.
    """
    known = backups.restored_files()
    names = _meant(known, words)
    if not json:
        for name in names:
            _tell(name, known[name])
    if dry_run:
        lines = {name: _would(known[name]) for name in names}
        if json:
            render.print_json({"would": lines})
        for line in [] if json else [line for name in names for line in lines[name]]:
            render.note(plain(f"  {line}"))
        return
    if not yes:
        _ask(names)
    did: dict[str, list[str]] = {name: [] for name in names}
    for name in names:
        backups.undo_files(name, did[name].append if json else _say)
    if json:
        render.print_json({"ok": True, "did": did})


def _say(line: str) -> None:
    render.out(plain(line))


def _meant(known: "Restored", words: Sequence[str]) -> list[str]:
    """Without words those that were put back, and not undone since."""
    for word in words:
        if word not in (FILES, *known):
            raise UsageError(
                f"no restore of `{word}` was done here{did_you_mean(word, sorted(known))}",
                next_step="that of a database is undone by `vrooli resource upgrade NAME --undo`",
            )
    found = [name for name in known if name in words]
    if not words or FILES in words:
        found = [name for name, one in known.items() if name in words or one.state != "undone"]
    if not found:
        raise UsageError(
            "there is no restore of files to undo",
            next_step="that of a database is undone by `vrooli resource upgrade NAME --undo`; "
            "`--only NAME` has what was undone restored again",
        )
    return sorted(found)


_SAID = {
    "restored": "put back to {} at {}",
    "undone": "as before it was put back to {}, since {}",
    "restoring": "putting it back to {} was begun at {}, and cut short",
    "undoing": "undoing that it was put back to {} was begun at {}, and cut short",
    "redoing": "putting it back to {} once more was begun at {}, and cut short",
}


def _tell(name: str, one: "FilesRestored") -> None:
    render.note(f"{name}: {_SAID[one.state].format(one.point, when(one.at))}")


def _would(one: "FilesRestored") -> list[str]:
    return [
        f"{moved.path} would be what is {moved.kept} now; what is there is moved aside"
        if moved.kept
        else f"{moved.path} would be moved aside: nothing was there"
        for moved in one.moved
    ]


def _ask(names: Sequence[str]) -> None:
    listed = ", ".join(names)
    if not sys.stdin.isatty():
        raise UsageError(
            f"this replaces {listed}, and nobody can be asked here",
            next_step="say `--yes` if it is meant; `--dry-run` tells what would be done",
        )
    require_answer(f"have {listed} as before? [y/N]:")
