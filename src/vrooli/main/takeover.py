"""Keeping commands from the stack of another file that runs in the same home."""

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from vrooli.core.errors import UsageError, VrooliError
from vrooli.core.home import GO_ON_RECOVERING, Home
from vrooli.core.identity import Identity
from vrooli.host.processes import LocalProcesses
from vrooli.host.start_keeper import keeper_identity
from vrooli.stack.compiled import read_compiled
from vrooli.stack.model import Stack

_OURS = "the built-in stack"


def check_takeover(last: Stack | None, stack: Stack, home: Home) -> None:
    """Raise UsageError when anything of another file's stack, or of the built-in one, runs in
    `home`. A file that is gone has moved to where the new one is. Nor is a stack brought up that
    is being made anew there: what has no data yet would serve as an empty one.

    Args:
        last: what was brought up last.
        stack: what is about to be.
        home: of both.
    """
    if home.recovery.exists():
        raise UsageError(
            f"`vrooli recover` began to make `{stack.name}` anew here, and is not done: what has "
            "no data yet would come up empty",
            where=str(home.root),
            next_step=f"{GO_ON_RECOVERING}; `--takeover` brings up what there is",
        )
    if last is None or not _another(last.source, stack.source) or not _runs(home):
        return
    raise UsageError(
        f"the stack `{stack.name}` runs as {last.source or _OURS} declares it;"
        f" {stack.source or _OURS} would replace it",
        where=str(home.root),
        next_step="write another `name` under [stack], or say `--takeover` if that is meant",
    )


def check_own(last: Stack | None, file: Path | None, home: Home) -> None:
    """Raise UsageError when what runs in `home` was brought up from another file than `file`, which
    bears the same name, or none: whoever stands in its folder means that one. Without a file the
    default stack is meant, whoever declared it.
    """
    if last is None or file is None or not _another(last.source, str(file)) or not _runs(home):
        return
    there = f"say `-f {last.source}`" if last.source else "go where no vrooli.toml is found"
    raise UsageError(
        f"the stack `{last.name}` runs as {last.source or _OURS} declares it, not {file}",
        where=str(home.root),
        next_step=f"{there} if that one is meant; else write another `name` under [stack]",
    )


def brought_up_from(file: Path, homes: Iterable[Home]) -> Home | None:
    """The home of the one stack that was last brought up from `file`; None when there is none, or
    several.
    """
    found = []
    for home in homes:
        with suppress(VrooliError, OSError):
            source = read_compiled(home.stack_json).source
            if source and Path(source).samefile(file):
                found.append(home)
    return found[0] if len(found) == 1 else None


def _another(before: str, now: str) -> bool:
    """Whether `before`, a file that is still there or the built-in stack, is not `now`."""
    if not before or not now:
        return bool(before) != bool(now) and (not before or Path(before).exists())
    try:
        return not Path(before).samefile(now)
    except OSError:  # one of the two is gone
        return False


def _runs(home: Home) -> bool:
    processes = LocalProcesses()
    recorded = (processes.facts(identity) for identity in _recorded(home))
    return keeper_identity(home) is not None or any(facts is not None for facts in recorded)


def _recorded(home: Home) -> list[Identity]:
    """What the keeper started last; read, and not set aside when it is damaged."""
    try:
        launches = json.loads(home.keeper_record.read_bytes())["launches"]
        return [Identity.from_json(launch["identity"]) for launch in launches]
    except (OSError, ValueError, KeyError, TypeError):
        return []
