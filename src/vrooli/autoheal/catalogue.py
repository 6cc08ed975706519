"""Every check there is, and which of them a stack has."""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import vrooli.autoheal.checks
from vrooli.autoheal.action import action_names
from vrooli.autoheal.backoff import Backoff
from vrooli.autoheal.check import Check
from vrooli.autoheal.flap import Flaps
from vrooli.autoheal.heal import Heal
from vrooli.autoheal.healer import healer_names
from vrooli.autoheal.policy import Decision, Failure
from vrooli.core import discover
from vrooli.core.result import Result
from vrooli.stack.model import CheckSettings, Stack, Thresholds

JOBS = "jobs"
"""The id in the definition of every job's check: `jobs/` makes it and puts it on the board."""


@dataclass
class HostCheck:
    """One check of the machine, and its latest result.

    Attributes:
        id: unique; the definition's, where there is only one.
        service: the resource that it is about, empty when it is about none.
        absent: why it is not looked at; empty when it is.
        looked_at: of the latest result, Unix seconds.
        failing: looks in a row that found something.
        flaps: how often the latest looks changed their mind.
        kick: set when what it is about may be well again: good news are taken on at once.
        backoff, prior, failure, decision, heal, acting: as of a service (`tracker`).
    """

    check: Check
    id: str
    settings: CheckSettings
    service: str = ""
    absent: str = ""
    result: Result | None = None
    looked_at: float = 0.0
    failing: int = 0
    flaps: Flaps = field(default_factory=Flaps)
    kick: asyncio.Event = field(default_factory=asyncio.Event)
    backoff: Backoff = field(default_factory=Backoff)
    prior: Backoff | None = None
    failure: Failure | None = None
    decision: Decision | None = None
    heal: Heal | None = None
    acting: bool = False

    @property
    def limits(self) -> Thresholds | None:
        """The thresholds in force."""
        return self.settings.thresholds or self.check.thresholds

    @property
    def interval(self) -> float:
        """Seconds between looks."""
        return self.settings.interval or self.check.interval

    @property
    def timeout(self) -> float:
        """Seconds for one look."""
        return self.settings.timeout or min(self.check.timeout, self.interval)

    @property
    def options(self) -> Any:
        """The check's own keys, as its dataclass."""
        return self.check.options(**self.settings.options)

    def goes_on(self, before: "HostCheck") -> bool:
        """Whether what `before` found still stands."""
        return (self.settings, self.service, self.absent) == (
            before.settings,
            before.service,
            before.absent,
        )


class InstalledChecks:
    """See `stack.catalogue.Checks`; the folder `checks/`."""

    def names(self) -> list[str]:
        """Checks that the product brings."""
        return [check.id for check in all_checks() if not check.declared]

    def kinds(self) -> list[str]:
        """Those that a stack declares."""
        return [check.id for check in all_checks() if check.declared or check.several]

    def options(self, name: str) -> type:
        """Keys of one."""
        return _load(name).options

    def thresholds(self, name: str) -> Thresholds | None:
        """Its own."""
        return _load(name).thresholds

    def asks(self, name: str) -> str:
        """The kind of the resource that it names."""
        return _load(name).asks

    def actions(self) -> list[str]:
        """Recovery actions on the machine."""
        return action_names()

    def healers(self) -> list[str]:
        """Recovery actions on a service."""
        return healer_names()


def all_checks() -> list[Check]:
    """Every definition, by name of its file."""
    return [_load(name) for name in discover.names(vrooli.autoheal.checks)]


def checks_of(stack: Stack, definitions: list[Check]) -> dict[str, HostCheck]:
    """Every check of a stack by id, not looked at yet; one that does not apply says why. Pure."""
    found: dict[str, HostCheck] = {}
    for check in definitions:
        there = list(_instances(check, stack))
        if not there:
            settings = stack.checks.get(check.id, CheckSettings(check.id))
            there = [HostCheck(check, check.id, settings, absent=check.absent())]
        found |= {item.id: item for item in there}
    return found


def _instances(check: Check, stack: Stack) -> Iterator[HostCheck]:
    if not sys.platform.startswith(check.platforms):
        return
    if check.declared or check.several:
        for name, settings in stack.checks.items():
            if settings.kind == check.id and (check.declared or name != check.id):
                yield _switched(HostCheck(check, name, settings), stack)
    if check.declared:
        return
    settings = stack.checks.get(check.id, CheckSettings(check.id))
    if not check.of:
        yield _switched(HostCheck(check, check.id, settings), stack)
        return
    for service in stack.services.values():
        if service.kind == check.of and service.heal != "off":
            item = HostCheck(check, _id(check, service.name), settings, service.name)
            yield _switched(item, stack)


def _switched(item: HostCheck, stack: Stack) -> HostCheck:
    absent = item.check.only(stack, item.settings) if item.settings.enabled else "enabled = false"
    return replace(item, absent=absent) if absent else item


def _id(check: Check, resource: str) -> str:
    """A resource that is called as its kind adds nothing to the name."""
    return check.id if resource == check.of else f"{check.id}-{resource}"


def _load(name: str) -> Check:
    return discover.load(vrooli.autoheal.checks, name.replace("-", "_"), "CHECK", Check)
