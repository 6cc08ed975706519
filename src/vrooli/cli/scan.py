"""`vrooli init --scan`: what runs here already becomes part of the stack file, to be seen and never
touched.
"""

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from vrooli.cli import render
from vrooli.cli.changes import counted
from vrooli.cli.kit import Kit
from vrooli.core.errors import UsageError

if TYPE_CHECKING:
    from vrooli.stack.scanning.scan import Scanned

_HEAD = """
# Found on this machine by `vrooli init --scan`: seen, and never touched while `heal = "watch"`.
"""


def scan_into(kit: Kit, path: Path, *, dry_run: bool, json: bool) -> None:
    """Append what runs here to `path`, which is made when it is not there.

    Args:
        kit: looks, and reads stack files.
        path: the stack file.
        dry_run: show what would be appended, and write nothing.
        json: tell it as JSON.
    """
    before = _read(path)
    base = kit.init_text(path.parent) if before is None else before
    if before is not None:
        kit.load_stack(path)  # a file with mistakes is mended first
    found = kit.scan(path, base)
    after = base + _appended(base, found)
    written = not dry_run and after != before
    if written:
        _write(path, after, before)
    if json:
        names = [name for name, _ in found.sections]
        told = {"file": str(path), "added": names, "written": written}
        render.print_json({**told, "troubles": found.troubles})
        return
    if dry_run:
        render.write(_difference(path, before or "", after))
    _tell(path, found, written=written)


def _appended(base: str, found: "Scanned") -> str:
    if not found.sections:
        return ""
    end = "" if base.endswith("\n") or not base else "\n"
    head = "" if _HEAD in base.replace("\r\n", "\n") else _HEAD
    text = end + head + "".join(f"\n{text}" for _, text in found.sections)
    return text.replace("\n", "\r\n") if "\r\n" in base else text


def _tell(path: Path, found: "Scanned", *, written: bool) -> None:
    for trouble in found.troubles:
        render.note(f"warning: {trouble}")
    what = counted(len(found.sections), "service")
    names = ", ".join(name for name, _ in found.sections)
    said = f"found {what} that the file does not have" + (f": {names}" if names else "")
    render.note(said)
    if written:
        render.note(f"wrote {path}")
        command = render.called_as()
        render.note(f"next:  {command} config check\n       {command} up")


def _difference(path: Path, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        str(path),
        f"{path} (with what was found)",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _read(path: Path) -> str | None:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"cannot be read: {error}",
            where=str(path),
            next_step="name a file of text that this user may read and write",
        ) from error


def _write(path: Path, text: str, before: str | None) -> None:
    """Whole or not at all, with the mode of before; a link stays one."""
    real = path.resolve()
    draft = real.with_name(f".{real.name}.{os.getpid()}.part")
    try:
        private = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(private, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if before is None:
            draft.chmod(0o644)
        else:
            facts = real.stat()
            draft.chmod(facts.st_mode & 0o777)
            if os.geteuid() == 0:
                os.chown(draft, facts.st_uid, facts.st_gid)
            if _read(path) != before:
                raise UsageError(
                    "it was changed meanwhile", where=str(path), next_step="scan again"
                )
        os.replace(draft, real)
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror}",
            where=str(path),
            next_step="make it writable, or go to another folder",
        ) from error
    finally:
        draft.unlink(missing_ok=True)
