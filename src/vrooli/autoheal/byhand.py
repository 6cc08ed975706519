"""Recovery actions that a person asks for: on a service or on the machine, for show or for real."""

from dataclasses import dataclass
from typing import Any

from vrooli.autoheal.action import action
from vrooli.autoheal.board import Board
from vrooli.autoheal.catalogue import JOBS, HostCheck
from vrooli.autoheal.heal import BY_HAND
from vrooli.autoheal.healer import Danger, healer, healer_names
from vrooli.autoheal.hostchecks import HostChecker
from vrooli.autoheal.hosthealing import HostHealing, commands_of
from vrooli.autoheal.policy import LADDERS, Decision, Symptom
from vrooli.autoheal.reactor import Reactor
from vrooli.autoheal.tracker import Tracked
from vrooli.core.errors import Busy, Refused, UnknownName, UsageError
from vrooli.core.nearest import did_you_mean

AT_IT = "wait for its end, which `vrooli-autoheal heals` shows"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for.

    Attributes:
        subject: a service, or a check by its id.
        action: empty is the mildest.
        dry_run: only say what would be done.
        confirm: the subject once more, which a destructive action needs.
        who: for the record.
    """

    subject: str
    action: str = ""
    dry_run: bool = False
    confirm: str = ""
    who: str = "operator"


class ByHand:
    """Carries wishes out. Gates and backoff do not hold a person back; danger does."""

    def __init__(
        self, board: Board, reactor: Reactor, checker: HostChecker, healing: HostHealing
    ) -> None:
        self._board, self._reactor = board, reactor
        self._checker, self._healing = checker, healing

    def actions(self, subject: str) -> list[dict[str, Any]]:
        """What can be done about `subject`, mildest first.

        Raises:
            UsageError: there is no such service or check.
        """
        found = self._find(subject)
        if isinstance(found, HostCheck):
            steps = [action(name) for name in found.check.ladder]
            return [{"id": s.id, "title": s.title, "danger": str(s.danger)} for s in steps]
        healers = [healer(name) for name in healer_names()]
        order = list(Danger)
        healers.sort(key=lambda item: order.index(item.danger))
        return [{"id": h.id, "title": h.title, "danger": str(h.danger)} for h in healers]

    async def run(self, wish: Wish) -> dict[str, Any]:
        """`{subject, action, danger, steps, heal}`; `heal` is None after a dry run.

        Raises:
            UsageError: no such subject or action, or a destructive one without confirmation.
            Busy: something is at it already.
            Refused: it cannot be done here.
        """
        found = self._find(wish.subject)
        known = [row["id"] for row in self.actions(wish.subject)]
        if not known:
            raise _only_looked_at(wish.subject, found)
        name = wish.action or self._mildest(found, known)
        if name not in known:
            listed = f"there are: {', '.join(known) or 'none'}"
            raise UsageError(
                f"{wish.subject} has no action `{name}`{did_you_mean(name, known)}",
                next_step=listed,
            )
        danger = _danger(found, name)
        await self._require_use(found, name)
        steps = self._steps(found, name)
        told = {"subject": wish.subject, "action": name, "danger": str(danger), "steps": steps}
        if wish.dry_run:
            return {**told, "heal": None}
        if danger is Danger.DESTRUCTIVE and wish.confirm != wish.subject:
            raise UsageError(
                f"{name} is destructive: {'; '.join(steps)}",
                where=wish.subject,
                next_step=f"confirm it by the name: --confirm {wish.subject}",
            )
        heal = await self._act(found, name, wish.who)
        return {**told, "heal": heal}

    async def _act(self, found: Tracked | HostCheck, name: str, who: str) -> dict[str, Any]:
        if isinstance(found, Tracked):
            return (await self._reactor.act(found, name, who)).to_json()
        if found.acting:
            raise Busy("an action is at it already", where=found.id, next_step=AT_IT)
        decision = Decision("heal", BY_HAND, f"by {who}")
        heal = await self._healing.act(found, (name,), decision, self._checker.tools)
        return heal.to_json()

    def _steps(self, found: Tracked | HostCheck, name: str) -> list[str]:
        if isinstance(found, HostCheck):
            return commands_of(name, self._checker.facts_of(found))
        launch = self._board.supervisor.context.launches.get(found.name)
        process = f" (pid {launch.identity.pid})" if launch else ""
        steps = [f"{healer(name).title}{process}"]
        if healer(name).danger is not Danger.SAFE and (without := self._without(found)):
            steps.append(f"what needs it does without meanwhile: {', '.join(without)}")
        return steps

    def _without(self, tracked: Tracked) -> list[str]:
        running = self._board.supervisor.running
        return [one.name for one in self._board.dependents(tracked) if running(one.service)]

    async def _require_use(self, found: Tracked | HostCheck, name: str) -> None:
        if isinstance(found, HostCheck):
            return
        why = await healer(name).useless(found.service, self._board.supervisor)
        if why:
            listed = f"`vrooli-autoheal actions {found.name}` lists what else can be done"
            raise Refused(why, where=found.name, next_step=listed)

    def _mildest(self, found: Tracked | HostCheck, known: list[str]) -> str:
        if isinstance(found, HostCheck):
            return known[0]
        if found.failure is not None:
            return (found.service.ladder or LADDERS[found.failure.symptom])[0]
        running = self._board.supervisor.running(found.service)
        return LADDERS[Symptom.UNRESPONSIVE if running else Symptom.EXITED][0]

    def _find(self, subject: str) -> Tracked | HostCheck:
        for tracked in self._board.tracked.values():
            if subject in (tracked.name, tracked.service.check_id):
                return self._ours(tracked)
        if subject in self._board.checks:
            return self._board.checks[subject]
        known = [*self._board.tracked, *self._board.checks]
        raise UnknownName(
            f"there is no service or check `{subject}`{did_you_mean(subject, known)}",
            subject,
            next_step="`vrooli-autoheal checks` lists them",
        )

    def _ours(self, tracked: Tracked) -> Tracked:
        if not tracked.service.managed or tracked.service.is_watchdog:
            raise UsageError(
                f"{tracked.name} is not started or stopped here",
                next_step=f"`vrooli restart {tracked.name}` replaces the watchdog"
                if tracked.service.is_watchdog
                else "it is external: see to it where it runs",
            )
        return tracked


def _only_looked_at(subject: str, found: Tracked | HostCheck) -> UsageError:
    advice = f"`vrooli-autoheal history {subject}` shows what it found"
    if isinstance(found, HostCheck) and found.check.id == JOBS:
        advice = f"`vrooli job run {subject.removeprefix('job-')}` runs it"
    return UsageError(f"{subject} has no action: it is only looked at", next_step=advice)


def _danger(found: Tracked | HostCheck, name: str) -> Danger:
    return action(name).danger if isinstance(found, HostCheck) else healer(name).danger
