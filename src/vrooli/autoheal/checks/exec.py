"""A program of one's own that judges, by the exit codes of Nagios."""

from collections.abc import Sequence
from dataclasses import dataclass

from vrooli.autoheal.check import Check, Look
from vrooli.core.result import Result
from vrooli.stack.option_keys import WrongKey
from vrooli.stack.probes.exec_ import run_judge


@dataclass(frozen=True, slots=True)
class Exec:
    """Keys of `kind = "exec"`.

    Attributes:
        command: the program and its arguments; exit 0 is ok, 1 a warning, 2 critical, its first
            line the message. No shell is involved.
        user: system user that runs it, when the watchdog is root; empty: the service user.
    """

    command: Sequence[str]
    user: str = ""

    def __post_init__(self) -> None:
        """Refuse what names no program."""
        if not self.command or not self.command[0].strip():
            raise WrongKey("command", "names no program")


async def _run(look: Look) -> Result:
    options: Exec = look.options
    return await run_judge(
        f"check-{look.id}", tuple(options.command), options.user, look.facts.tools, _SECONDS
    )


_SECONDS = 25.0

CHECK = Check(
    id="exec",
    title="Program",
    why="Every plug-in of Nagios, and every script, is a check.",
    category="own",
    interval=60.0,
    unit="",
    thresholds=None,
    run=_run,
    timeout=30.0,
    options=Exec,
    declared=True,
)
