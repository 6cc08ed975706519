"""The watchdog's picture as JSON: one shape for the command line, the API and the console. Reading
only.
"""

from collections.abc import Callable, Mapping
from typing import Any

from vrooli.autoheal.board import Board
from vrooli.autoheal.catalogue import HostCheck
from vrooli.autoheal.heal import BY_HAND, Heal, Outcome
from vrooli.autoheal.tracker import State, Tracked
from vrooli.core.launch import Launch
from vrooli.core.ports.clock import Clock
from vrooli.core.result import Result
from vrooli.core.status import Status, worst
from vrooli.stack import graph
from vrooli.stack.kinds import kind_of
from vrooli.stack.model import Service

PAGE = "docs/reference/checks.md"
"""Where every check is explained."""

_TRIES = ("backoff", "budget")
"""Rules that only put an action off: when their time is over it is taken."""

_SET_SINCE = 5.0
"""Seconds between two tellings of one time that only setting a clock explains: a slow machine
starts nothing so slowly."""

Extra = Callable[[], dict[str, Any]]
"""What the watchdog says about itself: pid, uptime, advice, trouble."""

HeldBack = Callable[[str], str]
"""Why a service is not to be touched, because a person said so; empty when nobody did."""


def nobody(name: str) -> str:
    """Where there is nobody who would touch anything."""
    return ""


class StatusView:
    """Projections of the board."""

    def __init__(
        self, board: Board, clock: Clock, itself: Extra, held_back: HeldBack = nobody
    ) -> None:
        self._board, self._clock, self._itself = board, clock, itself
        self._held_back = held_back

    def verdict(self) -> Status:
        """The worst of all that counts; unknown when nothing does, because all was stopped."""
        services = [self._weight(tracked) for tracked in self._board.tracked.values()]
        if self._all_stopped():
            services.append(Status.UNKNOWN)
        results = [check.result for check in self._board.checks.values()]
        checks = [r.status for r in results if r is not None and r.applicable]
        return worst([*services, *checks])

    def _all_stopped(self) -> bool:
        ours = [t for t in self._board.tracked.values() if not t.service.is_watchdog]
        return bool(ours) and all(self._board.state(tracked) == "stopped" for tracked in ours)

    def status(self) -> dict[str, Any]:
        """What `vrooli status --json` prints."""
        stack = self._board.supervisor.stack
        needs, waiting = graph.all_needs(stack), graph.waiting(stack, self._board.not_serving())
        services = [
            {
                **self._service(tracked),
                "needs": sorted(needs.get(tracked.name, ())),
                "waits_for": self._waits_for(tracked, waiting),
            }
            for tracked in self._board.tracked.values()
        ]
        return {
            "stack": stack.name,
            "status": str(self.verdict()),
            "services": services,
            "problems": self._problems(),
            "watchdog": self._itself(),
        }

    def open_problems(self) -> list[dict[str, str]]:
        """`{name, status, message}` of all that makes the verdict no better than it is."""
        board = self._board
        weights = [(one, self._weight(one)) for one in board.tracked.values()]
        services = [
            {
                "name": one.name,
                "status": str(weight),
                "message": self._message(one, board.state(one)),
            }
            for one, weight in weights
            if weight is not Status.OK
        ]
        checks = [{"name": row["check"], **row} for row in self._problems()]
        keys = ("name", "status", "message")
        return services + [{key: row[key] for key in keys} for row in checks]

    def checks(self) -> list[dict[str, Any]]:
        """Every check with its latest result: services first, then the host."""
        services = [self._service_check(tracked) for tracked in self._board.tracked.values()]
        return services + [self._host_check(check) for check in self._board.checks.values()]

    def _problems(self) -> list[dict[str, str]]:
        """Host checks that are not ok; services speak for themselves."""
        found = []
        for check_id, host_check in self._board.checks.items():
            result = host_check.result
            if result is not None and result.applicable and result.status is not Status.OK:
                row = {"check": check_id, "status": str(result.status), "message": result.message}
                found.append(row)
        return found

    def _weight(self, tracked: Tracked) -> Status:
        """What a service adds to the verdict."""
        state, result = self._board.state(tracked), tracked.result
        if state == "stopped" or tracked.service.heal == "off":
            return Status.OK
        sick = Status.CRITICAL if tracked.service.critical else Status.WARNING
        if state in ("failed", "blocked"):
            return sick
        if state == "starting":
            return Status.WARNING
        if result is None:
            return Status.UNKNOWN
        if not result.applicable:
            return Status.OK
        return sick if result.status is Status.CRITICAL else result.status

    def _service(self, tracked: Tracked) -> dict[str, Any]:
        service = tracked.service
        launch = self._board.supervisor.context.launches.get(service.name)
        state = self._board.state(tracked)
        alive = launch is not None and self._board.supervisor.running(service)
        return {
            "name": service.name,
            "kind": service.role,
            "runtime": service.runtime,
            "state": state,
            "health": _health(tracked.result, state),
            "message": self._message(tracked, state),
            "stopped_by": self._stopped_by(tracked, state),
            "stopped_with": self._stopped_with(service.name, state),
            "held_back": self._held_back(service.name),
            "outdated": self._board.supervisor.outdated(service),
            "pid": (launch.identity.pid or None)
            if launch is not None and alive
            else self._own_pid(service),
            "started_at": self._started_at(service, launch if alive else None),
            "url": kind_of(service).public_url(service) or None,
            "restarts_24h": tracked.starts_since(self._clock.wall()),
            "failing_since": tracked.failing_since or None,
            "last_heal": _brief(tracked.heal, tracked.trying),
        }

    def _waits_for(self, tracked: Tracked, waiting: Mapping[str, list[str]]) -> list[str]:
        """What it needs and has not; nothing for one that is not meant to serve."""
        stopped = self._board.state(tracked) == "stopped"
        return [] if stopped else waiting.get(tracked.name, [])

    def _started_at(self, service: Service, launch: Launch | None) -> Any:
        if service.is_watchdog:
            return self._itself().get("started_at")
        if launch is None:
            return None
        age = self._board.supervisor.age(launch)
        return launch.started_at if age is None else began(launch.started_at, age, self._clock)

    def _own_pid(self, service: Service) -> Any:
        return self._itself().get("pid") if service.is_watchdog else None

    def _stopped_by(self, tracked: Tracked, state: State) -> str | None:
        return self._board.stopped_by.get(tracked.name) if state == "stopped" else None

    def _stopped_with(self, name: str, state: State) -> list[str]:
        """The services for whose sake alone it was stopped."""
        return list(self._board.wanted.along.get(name, ())) if state == "stopped" else []

    def _message(self, tracked: Tracked, state: State) -> str:
        failure, decision, result = tracked.failure, tracked.decision, tracked.result
        if state in ("failed", "blocked") and failure is not None and decision is not None:
            wait = decision.at and max(0.0, decision.at - self._clock.monotonic())
            return failing(failure.cause, decision.rule, decision.reason, wait or 0.0)
        if state in ("failed", "blocked") and failure is not None:
            return failure.cause
        if (by := self._stopped_by(tracked, state)) is not None:
            return f"stopped by `{by}`"
        # A look from before it was started or stopped says nothing about it now.
        stale = state == "stopped" or (state == "starting" and not self._is_of_this_start(tracked))
        return result.message if result is not None and not stale else ""

    def _is_of_this_start(self, tracked: Tracked) -> bool:
        """Whether the latest look was at what is being started now."""
        launch = self._board.supervisor.context.launches.get(tracked.name)
        if tracked.result is not None and tracked.result.starting:
            return True
        running = launch is not None and self._board.supervisor.running(tracked.service)
        return running and launch is not None and tracked.looked_at > launch.started_at

    def _service_check(self, tracked: Tracked) -> dict[str, Any]:
        service = tracked.service
        return {
            "id": service.check_id,
            "kind": service.kind,
            "title": f"{kind_of(service).title} {service.name}",
            "why": "What needs it stops with it.",
            "category": service.role,
            "interval": service.health.interval,
            "unit": "ms",
            "thresholds": None,
            "looked_at": tracked.looked_at or None,
            "result": tracked.result.to_json() if tracked.result is not None else None,
            "page": f"{PAGE}#services",
        }

    def _host_check(self, item: HostCheck) -> dict[str, Any]:
        check, limits = item.check, item.limits
        return {
            "id": item.id,
            "kind": check.id,
            "title": check.title,
            "why": check.why,
            "category": check.category,
            "interval": item.interval,
            "unit": check.unit,
            "thresholds": limits and {"warning": limits.warning, "critical": limits.critical},
            "looked_at": item.looked_at or None,
            "result": item.result.to_json() if item.result is not None else None,
            "page": f"{PAGE}#{check.id}",
        }


def began(recorded: float, age: float, clock: Clock) -> float:
    """When something that is `age` seconds old began, unix seconds: as recorded, or by the wall
    clock of now when that was set since.
    """
    at = clock.wall() - age
    return at if abs(at - recorded) > _SET_SINCE else recorded


def failing(cause: str, rule: str, reason: str, wait: float) -> str:
    """Why a service does not serve, and what is done about it; the excerpt of a log in the cause
    stays last. Pure.

    Args:
        cause: of the failure; further lines are the excerpt.
        rule: of the decision.
        reason: of the decision; one that is the cause is not said twice.
        wait: seconds until it is decided anew, 0 when it is not known.
    """
    first, *excerpt = cause.splitlines() or [""]
    said = [first] if reason in first else [first, f"{rule}: {reason}"]
    if wait:
        what = "next try" if rule in _TRIES else "next look"
        said.append(f"{what} in {wait:.0f} s")
    return "\n".join(["; ".join(said), *excerpt])


def _health(result: Result | None, state: State) -> str:
    if result is None or state == "stopped":
        return str(Status.UNKNOWN)
    return str(result.status)


def _cause(heal: Heal) -> str:
    """Of one that a person asked for and did not get, why not."""
    asked = heal.rule == BY_HAND and heal.outcome is Outcome.REFUSED
    return f"{heal.cause}: {heal.note}" if asked and heal.note else heal.cause


def _brief(heal: Heal | None, trying: str) -> dict[str, Any] | None:
    if heal is None:
        return None
    return {
        "id": heal.id,
        "at": heal.detected_at,
        "cause": _cause(heal),
        "action": trying or (heal.attempts[-1].action if heal.attempts else None),
        "outcome": str(heal.outcome) if heal.outcome else None,
        "verified_after": heal.verified_after,
    }
