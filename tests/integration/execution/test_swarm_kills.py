"""Kill -9, again and again, of the processes that drive swarms, and one that hangs: what was done
outside is what the journal says, once each, and every swarm comes to its end.
"""

import asyncio
import os
import signal
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.outside import Outside, outside
from tests.support.ready_workers import ReadyWorkers, ready_workers
from tests.support.trees import Place, place
from tests.support.waiting import eventually
from vrooli.execution.runs.effects import Decision
from vrooli.flow.yaml import parse

TRIAGE = Path(__file__).parents[3] / "examples" / "swarms" / "incident-triage"
SAMPLE, FULL = 4, 200
AT_ONCE = 3
"""Swarms under way."""

LONGEST = 0.4
"""Seconds for which a process may drive something before it is killed."""

PATIENCE = 120.0

TOLD = """
SELECT s.output->'json'->>'done' FROM steps s JOIN runs r ON r.id = s.run
WHERE r.root = $1 AND s.status = 'completed' AND s.path = 'post'
"""

# A swarm that has come to its last task waits for a person.
MOVING = """
SELECT r.id FROM runs r WHERE r.id = ANY ($1) AND r.ended_at IS NULL
    AND NOT EXISTS (SELECT FROM runs c WHERE c.parent = r.id AND c.parent_path = 'swarm/close'
                    AND c.status = 'waiting')
"""
DONE = "SELECT count(*) FROM steps WHERE status = 'completed'"
FREED = """
UPDATE runs SET lease_until = '-infinity'
WHERE status = 'running' AND lease_until > now() AND owner LIKE ANY ($1) RETURNING id
"""
TWICE = """
SELECT run, data->>'path' FROM run_events WHERE root = ANY ($1) AND kind = 'step.completed'
GROUP BY run, data->>'path', data->>'attempt' HAVING count(*) > 1
"""

GAPS = """
SELECT root FROM run_events WHERE root = ANY ($1) GROUP BY root HAVING max(seq) <> count(*)
"""


def posting() -> dict[str, Any]:
    """A swarm of four tasks that do something outside, two of which must not be done twice; then a
    person looks.
    """
    plan: list[dict[str, Any]] = []
    for name in ("keyed", "once", "keyed", "once"):
        task = {"task": f"t{len(plan)}", "routine": name, "on_failure": "continue"}
        inputs = {"to": "${inputs.to}/${inputs.name}", "name": f"{name}{len(plan)}"}
        plan.append({**task, "inputs": inputs, "writes": task["task"]})
    plan[3]["after"] = ["t0", "t1"]
    close = {"task": "close", "person": "Look", "after": [one["task"] for one in plan]}
    return {"name": "posting", "goal": "post", "plan": [*plan, close]}


def routine(name: str, **more: Any) -> dict[str, Any]:
    """It posts once."""
    post = {"method": "POST", "url": "${inputs.to}/${inputs.name}", "json": {}, **more}
    return {"name": name, "do": [{"step": "post", "http": post}], "output": "${steps.post.json}"}


@dataclass
class Campaign:
    """Swarms under way, and two processes, one of which is killed at a time.

    Attributes:
        here: as a client sees them; it drives nothing.
        there: where the steps do something.
        chance: when.
        ready: begins processes.
        swarms: that were started, by the name of their routine.
        struck: how many runs each kill met.
        workers: pids of those that live, the oldest first.
        dead: what those that were killed are called, as a pattern.
        done: steps that had completed at the last kill.
    """

    here: Place
    there: Outside
    chance: Random
    ready: ReadyWorkers
    swarms: dict[str, list[str]] = field(default_factory=lambda: {"posting": [], TRIAGE.name: []})
    struck: list[int] = field(default_factory=list)
    workers: list[int] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    done: int = 0

    @property
    def all(self) -> list[str]:
        """All swarms."""
        return [one for ones in self.swarms.values() for one in ones]

    async def prepare(self) -> None:
        """Routines, and the processes."""
        for file in TRIAGE.glob("triage-*.yaml"):
            await self.here.work.routines.put(parse(file.read_text(encoding="utf-8")).data)
        await self.here.work.routines.put(routine("once"))
        await self.here.work.routines.put(routine("keyed", idempotency_header="Idempotency-Key"))
        await self.here.work.swarms.put(posting())
        swarm = parse((TRIAGE / f"{TRIAGE.name}.yaml").read_text(encoding="utf-8")).data
        await self.here.work.swarms.put(swarm)
        self.workers = [self.ready.begin(), self.ready.begin()]

    async def top_up(self) -> None:
        """So many are under way; every third is the example."""
        for _ in range(AT_ONCE - await self.moving()):
            number = len(self.all)
            name, inputs = "posting", {"to": self.there.address, "name": f"s{number}"}
            if number % 3 == 1:
                name, inputs = TRIAGE.name, {"watchdog": self.there.address}
            self.swarms[name].append(await self.here.start(name, inputs=inputs))

    async def kill(self) -> None:
        """One that drives something, at any moment after a step was done since the last kill: else
        so many kills would meet the same few steps again and again.
        """
        victim = self.workers.pop(0)
        mine = f"%:{victim}:%"
        held = "SELECT count(*) FROM runs WHERE status = 'running' AND owner LIKE $1"

        async def drives() -> bool:
            await self.top_up()
            done = (await self.here.fetch(DONE))[0][0]
            return done > self.done and bool((await self.here.fetch(held, mine))[0][0])

        await eventually(drives, "it drives something", PATIENCE, pause=0.02)
        await asyncio.sleep(self.chance.uniform(0, LONGEST))
        os.kill(victim, signal.SIGKILL)
        self.done = (await self.here.fetch(DONE))[0][0]
        self.struck.append((await self.here.fetch(held, mine))[0][0])
        self.dead.append(mine)
        self.workers.append(self.ready.begin())

    async def hang(self) -> dict[str, int]:
        """Stop a process by a signal while it drives one of the swarms itself; what it held of all
        runs, with their fences.
        """
        holds = "SELECT id, fence FROM runs WHERE status = 'running' AND owner LIKE $1"
        victim, found = self.workers[0], dict[str, int]()

        async def caught() -> bool:
            nonlocal found
            await self.top_up()
            await asyncio.sleep(self.chance.uniform(0, 0.05))
            os.kill(victim, signal.SIGSTOP)
            found = dict(await self.here.fetch(holds, f"%:{victim}:%"))
            if found.keys() & set(self.all):
                return True
            os.kill(victim, signal.SIGCONT)
            return False

        await eventually(caught, "it drives a swarm", PATIENCE, pause=0.01)
        self.dead.append(f"%:{victim}:%")
        return found

    async def follow(self, held: dict[str, int]) -> None:
        """Have the one that hangs go on once another one has all that it held."""
        left = "SELECT count(*) FROM runs WHERE id = $1 AND fence = $2 AND ended_at IS NULL"

        async def over() -> bool:
            await self.moving()
            rows = [await self.here.fetch(left, *one) for one in held.items()]
            return all(row == [(0,)] for row in rows)

        await eventually(over, "another one has taken it over", PATIENCE)
        self.dead.pop()
        os.kill(self.workers[0], signal.SIGCONT)

    async def moving(self) -> int:
        """How many swarms have not come to their last task; what the dead held is free at once:
        that a lease ends by itself is seen elsewhere.
        """
        await self.here.fetch(FREED, self.dead)
        return len(await self.here.fetch(MOVING, self.all))

    async def close(self) -> None:
        """Whoever was there looks what was done, and says so; every swarm comes to its end."""

        async def rest() -> bool:
            return await self.moving() == 0

        await eventually(rest, "all have come to their last task", PATIENCE)
        effects = self.here.work.effects
        while undecided := await effects.undecided(0, 200):
            for one in undecided:
                path = one["arguments"]["url"].removeprefix(self.there.address)
                done = self.there.done[path] > 0
                output = {"json": {"done": path}}
                said = Decision(one["path"], "done" if done else "again", output, "ann", "seen")
                await effects.decide(one["run"], said)
                assert (await self.here.end(one["run"]))["status"] == "completed"
        for run in self.swarms["posting"]:
            await self.here.work.swarms.finish(run, "close", None, "ann")
        for run in self.all:
            found = await self.here.end(run)
            assert found["status"] == "completed", found["failure"]

    async def compare(self) -> None:
        """The journal, and what was counted outside."""
        journal = Counter[str]()
        for one in self.swarms["posting"]:
            journal.update(row[0] for row in await self.here.fetch(TOLD, one))
            swarm = (await self.here.work.swarms.show(one))["swarm"]
            assert {task["status"] for task in swarm["plan"]["tasks"]} == {"done"}
        assert journal == self.there.done
        assert set(journal.values()) == {1}
        assert len(journal) == 4 * len(self.swarms["posting"])
        for one in self.swarms[TRIAGE.name]:
            found = await self.here.work.runs.views.get(one)
            first = found["output"]["causes"][0]
            assert (first["cause"], first["subject"]) == ("disk-full", "db")
        assert await self.here.fetch(TWICE, self.all) == []
        assert await self.here.fetch(GAPS, self.all) == []


@pytest.mark.soak
@pytest.mark.timeout(7200)
async def test_what_killed_swarms_did_outside_is_what_the_journal_says(
    dsn: str, tmp_path: Path, full_campaign: bool
) -> None:
    """At last one that drives a swarm hangs (SIGSTOP) until it has been followed: what it writes
    then is fenced off. The leases of all these are over at once; that they end by themselves is
    seen elsewhere.
    """
    chance = Random() if full_campaign else Random(20261129)
    env = {"WATCHDOG_TOKEN": "of the watchdog", "VROOLI_STEP_SECRETS": "WATCHDOG_TOKEN"}
    with ready_workers(tmp_path, dsn, **env) as ready:
        async with place(dsn, slots=0) as here, outside() as there:
            one = Campaign(here, there, chance, ready)
            await one.prepare()
            for _ in range(FULL if full_campaign else SAMPLE):
                await one.kill()
            await one.follow(await one.hang())
            await one.close()
            await one.compare()
            # What was to be struck may have ended just before.
            assert sum(map(bool, one.struck)) > len(one.struck) / 2
