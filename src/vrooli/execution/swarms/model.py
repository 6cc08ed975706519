"""What a swarm is made of, read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vrooli.core.expression import Expression
from vrooli.flow.template import Template

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Handed:
    """A task that a person does in the place of its routine.

    Attributes:
        number: from which on its tries by hand count.
        what: that one is to do, as somebody said it; empty for what the routine would do.
    """

    number: int
    what: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a plan.

    Attributes:
        id: unique in the swarm.
        routine: which does it; empty where a person does.
        person: what that one is to do; None where a routine does it.
        inputs: of the routine.
        after: ids of the tasks that end before.
        needs: what has to stand on the blackboard before.
        when: where it is false when its turn comes, it is skipped.
        writes: where on the blackboard its output goes; empty for nowhere.
        risk: class of what it may do.
        agent: who of the team does it.
        tries: in all.
        goes_on: whether the swarm does, when the last try failed.
        budget: as people write it, of each try.
        asked_for: of how it is written, what somebody is asked about.
        shows: what would change, for whoever is asked before; None where nothing is said.
        handed: how a person does it instead; None where nobody was handed it.
        since: how many of its tries do not count any more.
        asked: how many of the questions about it do not.
    """

    id: str
    routine: str = ""
    person: Template | None = None
    inputs: Template = field(default_factory=lambda: Template({}))
    after: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    when: Expression | None = None
    writes: str = ""
    risk: str = "reading"
    agent: str = ""
    tries: int = 1
    goes_on: bool = False
    budget: Any = None
    asked_for: Any = None
    shows: Template | None = None
    handed: Handed | None = None
    since: int = 0
    asked: int = 0

    @property
    def by_hand(self) -> bool:
        """Whether a person does it."""
        return self.person is not None or self.handed is not None


@dataclass(frozen=True, slots=True)
class Policy:
    """What a swarm may do.

    Attributes:
        width: tasks at once, without those that people do.
        depth: swarms that may lie in each other below it.
        tasks: of all its plans together.
        routines: which ones; None for all.
        approve: classes of risk for which a person is asked before.
        approval: seconds in which one may decide.
        deadline: seconds from its beginning; None for never.
        cycles: plans in a row that bring nothing, after which it fails.
    """

    width: int = 4
    depth: int = 3
    tasks: int = 100
    routines: frozenset[str] | None = None
    approve: frozenset[str] = frozenset({"dangerous"})
    approval: float = DAY
    deadline: float | None = None
    cycles: int = 3


@dataclass(frozen=True, slots=True)
class Call:
    """A routine that is asked something.

    Attributes:
        routine: name.
        inputs: for it.
    """

    routine: str
    inputs: Template


@dataclass(frozen=True, slots=True)
class Swarm:
    """A swarm.

    Attributes:
        goal: in words.
        plan: its tasks, in the order in which they were written.
        policy: what it may do.
        coordinator: makes the next plan; None where there is only this one.
        done_when: true when the goal is met; None where nothing of the kind is said.
        done_check: completes when the goal is met; likewise.
        team: name and role of each member.
        output: what it comes to; None for what its tasks did.
    """

    goal: str
    plan: tuple[Task, ...]
    policy: Policy
    coordinator: Call | None = None
    done_when: Expression | None = None
    done_check: Call | None = None
    team: Mapping[str, str] = field(default_factory=dict)
    output: Template | None = None


def strictest(policies: tuple[Policy, ...]) -> Policy:
    """Of a swarm and those that it lies in: none allows what another forbids. Deadlines are each
    swarm's own.
    """
    first = policies[0]
    named = [one.routines for one in policies if one.routines is not None]
    return Policy(
        width=min(one.width for one in policies),
        depth=min(one.depth - below for below, one in enumerate(policies)),
        tasks=min(one.tasks for one in policies),
        routines=frozenset.intersection(*named) if named else None,
        approve=frozenset.union(*(one.approve for one in policies)),
        approval=min(one.approval for one in policies),
        deadline=first.deadline,
        cycles=min(one.cycles for one in policies),
    )
