"""Keeping an `up` from replacing the stack of another file that runs in the same home."""

import json
from pathlib import Path

from vrooli.core.errors import UsageError
from vrooli.core.home import Home
from vrooli.core.identity import Identity
from vrooli.host.processes import LocalProcesses
from vrooli.host.start_keeper import keeper_identity
from vrooli.stack.model import Stack


def check_takeover(last: Stack | None, stack: Stack, home: Home) -> None:
    """Raise UsageError when anything of another file's stack runs in `home`.

    A file that is gone has moved to where the new one is. One that joins the built-in stack is how
    everybody begins.

    Args:
        last: what was brought up last.
        stack: what is about to be.
        home: of both.
    """
    if last is None or not _other_file(last.source, stack.source) or not _runs(home):
        return
    ours = stack.source or "the built-in stack"
    raise UsageError(
        f"the stack `{stack.name}` runs as {last.source} declares it; {ours} would replace it",
        where=str(home.root),
        next_step="write another `name` under [stack], or say `--takeover` if that is meant",
    )


def _other_file(before: str, now: str) -> bool:
    """Whether `before` is a file that is still there, and not the one that `now` is."""
    try:
        return bool(before) and not (now and Path(before).samefile(now)) and Path(before).exists()
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
