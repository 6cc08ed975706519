"""Moving a resource to another major version: what is asked for, what a kind has to know, and the
order in which it is done around the services that need it.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from vrooli.core.errors import StartFailed, UsageError, VrooliError
from vrooli.stack import graph
from vrooli.stack.kinds import kind_of
from vrooli.stack.model import Service, Stack
from vrooli.stack.names import valid_name
from vrooli.stack.naming import one
from vrooli.stack.progress import Report, Step, preparing, silent
from vrooli.stack.runtime import Context
from vrooli.stack.supervisor import Outcome, Supervisor

Told = Callable[[str], None]
"""Takes a line about how far it is."""


_LONGEST_VERSION = 20

RESTORE_POINT = re.compile(r"\d{8}t\d{6}z-[0-9a-f]{6}", re.ASCII)
"""Id of a restore point: when it was begun, in UTC, and what two at once differ by. A folder is
called by it.
"""

_UNTIL = re.compile(
    r"|latest|[0-9A-F]{1,8}/[0-9A-F]{1,8}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d:\d\d",
    re.ASCII,
)


_MARK = re.compile(r"([0-9a-f]{8})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wish:
    """What an operator asks for.

    Attributes:
        to: version, like "18" or "18.4"; empty for the newest there is.
        undo: go back to what was before the last upgrade.
        forget: remove what is kept for that.
        every: with `forget`, also what earlier ones left, which nothing goes back to.
        dry_run: look, and say what would be done.
        counts_only: compare the numbers of rows after the move, and not their contents.
        restore: id of the restore point whose data is to be in force.
        room: bytes of it.
        until: to where its WAL is followed: `latest`, a time with its zone, or a position, like
            0/16B3748; empty for the point alone.
        timeline: along which; 0 with the point alone.
        partway: whether it is known that some of its WAL is damaged or missing: as far as it leads
            is what is meant.
        store: name of the store that it comes from; empty for whichever has it.
        archives: whether what it holds of the resource are archives, for a new cluster.
        mark: hex digits that tell this wish from others: asked for once more, it is known whether
            it has been done.
    """

    to: str = ""
    undo: bool = False
    forget: bool = False
    dry_run: bool = False
    counts_only: bool = False
    restore: str = ""
    room: int = 0
    until: str = ""
    timeline: int = 0
    partway: bool = False
    store: str = ""
    mark: str = ""
    archives: bool = False
    every: bool = False

    def __post_init__(self) -> None:
        """Raise UsageError for what cannot be meant."""
        if len(self.to) > _LONGEST_VERSION:
            raise UsageError(
                f"`to` must be a version, not `{self.to[:_LONGEST_VERSION]}...`",
                next_step="write a major version, like 18",
            )
        if self.restore and not RESTORE_POINT.fullmatch(self.restore):
            raise UsageError(
                "`restore` must be the id of a restore point",
                next_step="`vrooli backup list` shows them",
            )
        if self.store and not valid_name(self.store):
            raise UsageError(
                "`store` must be the name of a store",
                next_step="`[backup.stores.NAME]` of the stack file names them",
            )
        if not _MARK.fullmatch(self.mark):
            raise UsageError(
                "`mark` must be 8 hex digits", next_step="leave it out, or make them at random"
            )
        if self.room < 0:
            raise UsageError("`room` must be bytes", next_step="write a whole number")
        if not _UNTIL.fullmatch(self.until) or bool(self.until) != (self.timeline > 0):
            raise UsageError(
                "`until` must be `latest`, a time with its zone or a position in the WAL, with its "
                "`timeline`",
                next_step="`vrooli restore --to` finds them",
            )
        if self.archives and (self.until or not self.restore):
            raise UsageError(
                "`archives` are of a restore point alone: no WAL leads on from them",
                next_step="leave `until` out, and name the point as `restore`",
            )
        if self.every and not self.forget:
            raise UsageError(
                "`every` is of what is kept",
                next_step="say `forget` with it, which removes that",
            )
        if (self.undo, self.forget, bool(self.restore)).count(True) > 1:
            raise UsageError(
                "`undo`, `forget` and `restore` exclude each other",
                next_step="leave all but one of them out",
            )

    @property
    def loses(self) -> bool:
        """Whether it loses data: what was written since, or what was kept."""
        return (self.undo or self.forget or bool(self.restore)) and not self.dry_run


class Upgrade(ABC):
    """One upgrade, as its kind does it. Every method raises VrooliError when it cannot go on; then
    what was in force before still is.

    Attributes:
        stops: whether the resource has to be stopped for it.
        spares: whether what serves must serve on until it is stopped, and is healed; else there is
            nothing to be healed, but lost data in whose place an empty folder would be made.
        note: what the operator has to know afterwards.
    """

    stops: ClassVar[bool] = True
    spares: bool = True
    note: str = ""

    @abstractmethod
    async def plan(self) -> Sequence[str]:
        """Look, and say what will be done, a line each; nothing when there is nothing to do.

        Raises:
            Refused: it must not be done, with every reason.
        """

    @abstractmethod
    async def ready(self, told: Told) -> None:
        """All that can be done while it still serves."""

    @abstractmethod
    async def move(self, told: Told) -> None:
        """What has to be done while it is stopped. Nothing that is in force changes."""

    @abstractmethod
    async def switch(self) -> None:
        """From now on the new is in force: at once, and on disk."""

    @abstractmethod
    async def back(self) -> None:
        """Undo `switch`, since the new one did not come up."""

    @abstractmethod
    async def clean(self) -> None:
        """Remove what was made on the way and is not in force; also after a failure."""


@dataclass(frozen=True, slots=True)
class Around:
    """The services around an upgrade.

    Attributes:
        service: what is upgraded.
        affected: it, and all that has to be stopped with it.
        wanted: those of them that run afterwards.
    """

    service: Service
    affected: Collection[str]
    wanted: Collection[str]


@dataclass(frozen=True, slots=True)
class Upgraded:
    """How it ended."""

    outcomes: dict[str, Outcome]
    note: str


def upgrade_of(service: Service, context: Context, wish: Wish) -> Upgrade:
    """The upgrade of `service`; `UsageError` when there is none."""
    if not service.managed:
        raise UsageError(
            f"`{service.name}` is not run from here", next_step="upgrade it where it runs"
        )
    return kind_of(service).upgrade(service, context, wish)


def around(stack: Stack, chosen: Collection[str], wanted: Callable[[str], bool]) -> Around:
    """What has to be stopped for work on the one in `chosen`, and what runs afterwards."""
    name = one(stack, sorted(chosen))
    affected = {name, *graph.left_without(stack, {name}, wanted)}
    return Around(stack.services[name], affected, {x for x in affected if wanted(x)})


async def plan(upgrade: Upgrade, service: Service, report: Report) -> bool:
    """Say what would be done; whether there is anything."""
    lines = await upgrade.plan()
    for line in lines:
        report(Step(service.name, "preparing", line))
    if not lines:
        report(Step(service.name, "unchanged", upgrade.note))
    return bool(lines)


async def unheld() -> None:
    """For whom nobody starts anything by himself."""


async def carry_out(
    upgrade: Upgrade,
    around: Around,
    supervisor: Supervisor,
    report: Report,
    hold: Callable[[], Awaitable[None]] = unheld,
) -> Upgraded:
    """Do what `plan` said. From `hold` on nobody else starts any of them. Numbered:

    1. what can be done while it serves, and is healed
    2. stop it, after all that needs it
    3. move; nobody starts it meanwhile
    4. switch, start, probe; back again when that fails
    5. start what ran before, whatever happened

    Cancelled, it starts nothing: somebody wants it stopped.
    """
    name = around.service.name

    def told(line: str) -> None:
        report(preparing(name, line))

    try:
        if not upgrade.spares:
            await hold()
        await upgrade.ready(told)
        if not upgrade.stops:
            await upgrade.switch()
            return Upgraded({name: Outcome(name, changed=True)}, upgrade.note)
        if upgrade.spares:
            await hold()
        outcomes = await _replaced(upgrade, around, supervisor, report)
    finally:
        await _cleaned(upgrade, told)
    return Upgraded(outcomes, upgrade.note)


async def _cleaned(upgrade: Upgrade, told: Told) -> None:
    """What cannot be removed must not hide why the upgrade failed: the next start removes it."""
    try:
        await upgrade.clean()
    except VrooliError as error:
        told(f"not all that was made could be removed: {error.what}")


async def _replaced(
    upgrade: Upgrade, around: Around, supervisor: Supervisor, report: Report
) -> dict[str, Outcome]:
    name = around.service.name
    try:
        _require(await supervisor.stop(around.affected, report), around.affected)
        async with supervisor.lock(name):
            await upgrade.move(lambda line: report(Step(name, "preparing", line)))
            await upgrade.switch()
        await supervisor.stop([name], silent)  # whoever was waiting may have started the old one
        started = await supervisor.start([name], report)
        if (error := started[name].error) is not None:
            report(Step(name, "preparing", "it did not come up: back to what was before"))
            await supervisor.stop([name], silent)
            await upgrade.back()
            raise error
    except VrooliError as error:
        report(Step(name, "failed", error.said_of(name).partition("\n")[0]))  # all of it later
        # First: the disk may be full of it, and what serves needs room to start.
        await _cleaned(upgrade, lambda line: report(Step(name, "preparing", line)))
        await supervisor.start(around.wanted, report)
        raise
    if name not in around.wanted:
        await supervisor.stop([name], report)
    return started | await supervisor.start(around.wanted, report)


def _require(outcomes: dict[str, Outcome], names: Collection[str]) -> None:
    for name in names:
        outcome = outcomes.get(name)
        if outcome is not None and outcome.error is not None:
            raise StartFailed(
                f"{name} does not stop: {outcome.error.what}",
                where=name,
                next_step=outcome.error.next_step or f"`vrooli logs {name}` shows more",
            )
