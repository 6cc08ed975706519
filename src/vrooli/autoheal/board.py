"""All that the watchdog knows now: services and host checks. In memory; `ledger` has the durable
part.
"""

from dataclasses import dataclass, field

from vrooli.autoheal.catalogue import HostCheck
from vrooli.autoheal.policy import Symptom
from vrooli.autoheal.tracker import State, Tracked, state_of
from vrooli.stack import graph
from vrooli.stack.model import Service, Stack
from vrooli.stack.supervisor import Supervisor
from vrooli.stack.wanted import Wanted


@dataclass
class Board:
    """The watchdog's picture of the world.

    Attributes:
        stopped_by: by service, the command with which an operator stopped it past us.
    """

    supervisor: Supervisor
    wanted: Wanted
    tracked: dict[str, Tracked] = field(default_factory=dict)
    checks: dict[str, HostCheck] = field(default_factory=dict)
    heal_times: list[float] = field(default_factory=list)
    stopped_by: dict[str, str] = field(default_factory=dict)
    _needed_by: tuple[Stack, dict[str, set[str]]] | None = None

    def is_wanted(self, service: Service) -> bool:
        """Whether `service` is meant to run. What we do not run is always meant to be there."""
        return not service.managed or self.wanted.running(service.name)

    def state(self, tracked: Tracked) -> State:
        """The one word for where a service is."""
        service = tracked.service
        return state_of(
            tracked,
            wanted=self.is_wanted(service),
            running=service.is_watchdog or self._runs_as_far_as_known(service),
            busy=self.busy(tracked),
        )

    def _runs_as_far_as_known(self, service: Service) -> bool:
        """What nobody knows anything about has not failed."""
        return self.supervisor.running(service) or bool(self.supervisor.silence(service))

    def busy(self, tracked: Tracked) -> bool:
        """Whether a heal or an operation is at it, or will be soon."""
        return tracked.acting or tracked.queued or self.supervisor.busy(tracked.name)

    def is_victim(self, tracked: Tracked) -> bool:
        """Whether it runs, and does not answer because of what it needs, as far as we know."""
        failure, decision = tracked.failure, tracked.decision
        return (
            failure is not None
            and failure.symptom is Symptom.UNRESPONSIVE
            and decision is not None
            and decision.verdict == "block"
            and self.supervisor.running(tracked.service)
        )

    def failing_needs(self, tracked: Tracked) -> tuple[str, ...]:
        """When a need of `tracked` is unmet: the deepest services below it that fail themselves."""
        if not tracked.service.needs:
            return ()
        stack = self.supervisor.stack
        failing = self.not_serving()
        if not graph.unmet(stack, tracked.service, failing):
            return ()
        below = failing & graph.transitive_needs(stack, tracked.name)
        return tuple(sorted(graph.deepest_failing(stack, below)))

    def not_serving(self) -> set[str]:
        """The services that nobody who needs them can use now."""
        return {tracked.name for tracked in self.tracked.values() if self._serves_not(tracked)}

    def _serves_not(self, tracked: Tracked) -> bool:
        service = tracked.service
        gone = service.managed and not service.is_watchdog and not self.supervisor.running(service)
        return tracked.failing or gone or not self.is_wanted(service)

    def dependents(self, tracked: Tracked) -> list[Tracked]:
        """Services that need `tracked`, directly or not, and are meant to run."""
        stack = self.supervisor.stack
        if self._needed_by is None or self._needed_by[0] is not stack:  # an edit makes a new one
            self._needed_by = stack, graph.needed_by(stack)
        names = graph.dependents_by(self._needed_by[1], tracked.name)
        found = [self.tracked[name] for name in sorted(names) if name in self.tracked]
        return [t for t in found if self.is_wanted(t.service)]
