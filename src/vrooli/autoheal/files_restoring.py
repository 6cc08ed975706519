"""Having files where they were, as `vrooli restore --only files` does it, and having that undone.

A process of its own does it, which the keeper starts: the watchdog opens no store and no key. It
goes on when the watchdog is killed, and holds the lock of all who put files back.
"""

import json
from dataclasses import asdict, dataclass

from vrooli.autoheal.board import Board
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.operations import Summary
from vrooli.core.errors import Refused, UsageError, VrooliError
from vrooli.stack import logs
from vrooli.stack.beside import FILES, launched_as
from vrooli.stack.fetched import own_program
from vrooli.stack.names import valid_name
from vrooli.stack.pace import Measured, line_of
from vrooli.stack.progress import Report, preparing
from vrooli.stack.running import Running
from vrooli.stack.upgrading import RESTORE_POINT

_LINES = 200
"""Of what it says that are told."""

_ERROR = '{"error": '


@dataclass(frozen=True, slots=True)
class FilesWish:
    """What is asked for: the body of the request.

    Attributes:
        name: of the files.
        point: id of the restore point.
        undo: in the place of that: as they were before the last restore of them.
        confirm: the name once more.
    """

    name: str
    point: str = ""
    undo: bool = False
    confirm: str = ""

    def require_meant(self) -> None:
        """UsageError, with the key, for what cannot be meant."""
        if not valid_name(self.name):
            raise UsageError(
                f"`{self.name[:40]}` is no name of files",
                where="name",
                next_step="`[backup.files.NAME]` of the stack file names them",
            )
        if self.undo == bool(self.point) or (
            self.point and not RESTORE_POINT.fullmatch(self.point)
        ):
            raise UsageError(
                "`point` must be the id of a restore point, or `undo` true in its place",
                where="point",
                next_step="`GET /backups` lists the points",
            )
        if self.confirm != self.name:
            raise UsageError(
                "this replaces files: `confirm` must be their name",
                where="confirm",
                next_step="`GET /backups/plan` tells what it would do",
            )


@dataclass(frozen=True)
class FilesRestores:
    """Does it.

    Attributes:
        module: of the process.
    """

    board: Board
    ledger: Ledger
    module: str

    async def run(self, wish: FilesWish, report: Report, who: str) -> Summary:
        """To its end.

        Raises:
            Refused, StartFailed: why it could not be done; what was put back before is.
        """
        what = "undoing their restore" if wish.undo else f"restore to {wish.point}"
        ok = False
        await self.ledger.event(wish.name, "files", message=f"{what} begins", by=who)
        try:
            await self._carry_out(wish, report)
            ok = True
        finally:
            how = "done" if ok else "failed"
            await self.ledger.event(wish.name, "files", message=f"{what}: {how}")
        return Summary(True, 1, ())

    async def _carry_out(self, wish: FilesWish, report: Report) -> None:
        """How far it is, is told while it goes on; the rest at its end, of which no line is missed
        so.
        """
        context = self.board.supervisor.context
        name = launched_as(wish.name, FILES)
        log = context.tools.place.home.log(name)
        argv = (context.tools.place.machine.python, "-m", self.module)
        spec = own_program(context, argv, (name, log), json.dumps(asdict(wish)))
        running = Running(wish.name, log, context.tools)
        begin = running.mark()

        def tell(line: str) -> None:
            if isinstance(line, Measured):
                report(preparing(wish.name, line))

        title = "undo it" if wish.undo else "put it back"
        report(preparing(wish.name, title))
        try:
            await running.run(title, spec, tell, details=True)
        except VrooliError as error:
            raise _problem(logs.tail(log, 1, begin)) or error from None
        finally:
            for line in map(line_of, logs.tail(log, _LINES, begin)):
                if line and not isinstance(line, Measured) and not line.startswith(_ERROR):
                    report(preparing(wish.name, line.removeprefix(f"{wish.name}: ")))


def _problem(last: list[str]) -> VrooliError | None:
    """What the process says of why it could not."""
    try:
        said = json.loads("".join(last))["error"]
        return Refused(said["message"], where=said["where"], next_step=said["next_step"])
    except (ValueError, KeyError, TypeError):
        return None
