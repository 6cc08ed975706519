"""Git repositories that steps may read: whoever writes a routine chooses the folder, so that it
must not be any.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from vrooli.core.errors import Refused, Unreachable, UsageError
from vrooli.core.ports.programs import Answer, Programs

MOST = 2000
"""Commits that are read at once."""

BODY = 2000
"""Characters of a message, after its first line."""

FILES = 100
"""Files that are named of one commit."""

# What a repository says about programs to be run is not obeyed: who may write into it would have
# them run as the server.
_SAFE = ("core.fsmonitor=false", "core.quotePath=false", "log.showSignature=false")
_LOG = ("--no-merges", "--no-color", "--no-decorate", "--no-notes", "--no-mailmap")
_DIFF = ("--numstat", "--no-renames", "--no-ext-diff", "--no-textconv")


@dataclass(frozen=True)
class Repositories:
    """Reads them by git, and changes nothing.

    Attributes:
        programs: runs git; None where nobody does.
        folders: that may be read, absolute paths.
    """

    programs: Programs | None = None
    folders: Collection[str] = field(default=())

    def commits(self, folder: str, first: str | None, last: str, most: int) -> dict[str, Any]:
        """What came after `first` up to `last`, the newest first; all of it without a `first`.

        Blocks: call it where that hurts nobody.

        Raises:
            Refused: nobody has allowed that folder.
            UsageError: it is no repository, or does not know that name.
            Unreachable: there is no git here.
        """
        until = self._known(folder, last)
        since = self._known(folder, first) if first else None
        span = [f"{since}..{until}" if since else until]
        asked = ("log", f"--max-count={most + 1}", *_LOG)
        heads = self._git(folder, *asked, "-z", "--format=%H%n%h%n%aI%n%an%n%s%n%b", *span, "--")
        files = self._git(folder, *asked, "--format=%H", *_DIFF, *span, "--")
        changed = _changed(files.out)
        found = [_commit(one, changed) for one in heads.out.split("\0") if one]
        return {
            "from": since,
            "to": until,
            "commits": found[:most],
            "more": len(found) > most,
        }

    def _known(self, folder: str, name: str) -> str:
        """The commit behind a name."""
        asked = self._git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if not asked.ok:
            raise UsageError(
                f"the repository has no commit {name!r}",
                where=folder,
                next_step="give a branch, a tag or a commit that `git log` knows there",
            )
        return asked.out.strip()

    def _git(self, folder: str, *words: str) -> Answer:
        if folder not in self.folders:
            raise Refused(
                "no step may read this folder: VROOLI_STEP_FOLDERS of the server does not name it",
                where=folder,
                next_step="name it there",
            )
        if self.programs is None:
            raise Unreachable("no programs are run here", where="git")
        settings = [part for one in (f"safe.directory={folder}", *_SAFE) for part in ("-c", one)]
        begin = ["git", "--no-pager", "-C", folder, *settings]
        # Looked at each time: git would go up to a repository around the folder.
        top = self.programs.run([*begin, "rev-parse", "--show-prefix"])
        if not top.ok or top.out.strip():
            raise UsageError(
                f"it is no git repository: {top.said if not top.ok else 'only a part of one'}",
                where=folder,
                next_step="name the folder that holds `.git`",
            )
        return self.programs.run([*begin, *words], timeout=120.0)


def _changed(text: str) -> dict[str, list[dict[str, Any]]]:
    """Files by commit, of lines that are a commit or a file of it."""
    found: dict[str, list[dict[str, Any]]] = {}
    here: list[dict[str, Any]] = []
    for line in filter(None, text.splitlines()):
        added, tab, rest = line.partition("\t")
        if not tab:
            here = found.setdefault(line, [])
            continue
        removed, _, path = rest.partition("\t")
        here.append({"path": path, "added": _count(added), "removed": _count(removed)})
    return found


def _count(text: str) -> int | None:
    """Lines; None of what has none."""
    return int(text) if text.isdigit() else None


def _commit(text: str, changed: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    commit, short, at, author, subject, body = text.split("\n", 5)
    files = changed.get(commit, [])
    return {
        "commit": commit,
        "short": short,
        "at": at,
        "author": author,
        "subject": subject,
        "body": body.strip()[:BODY],
        "files": files[:FILES],
        "changed": len(files),
    }
