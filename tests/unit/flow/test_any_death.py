"""Whoever works on a tree of runs may die at any of its words to the store. With budgets,
questions, waits, runs within runs, and what steps note inside themselves: journal and ledger agree
at every moment, nothing that was done is done again, and the whole comes to the same end.
"""

import asyncio
from collections import Counter
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.any_routine import Fate, Live, Structure
from tests.support.simulated import Killed, Run, World
from tests.unit.flow.test_any_routine import same
from vrooli.flow.interpreter import Broken, Done
from vrooli.flow.model import Routine
from vrooli.flow.notes import is_note
from vrooli.flow.stored import Stored

SEEDS = st.integers(0, 2**32 - 1)
FATES = st.builds(Fate, SEEDS, st.sampled_from([0, 0, 10, 30]))
WORDS = [0, 1, 2, 3, 5, 8, 13, 21, 34, 55]
LARGEST, LEAVES = 40, 12
"""Steps of a root, and of what it runs."""

UNHARMED = ("ask", "ask", "stay", "nap", "talk", "sub")
ALL = ("do", "do", *UNHARMED)

any_case = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def sized(seed: int, types: tuple[str, ...], most: int) -> tuple[Structure, Routine]:
    """The next one that has no more steps than that, and some."""
    for number in range(seed, seed + 200):
        made = Structure(Random(number), types)
        routine = made.routine()
        live = Live(routine, Fate(0, 0), Random(0))
        if live.play(lambda _: None) is not None and 2 <= len(live.ended) <= most:
            return made, routine
    raise AssertionError("none of them is small")


def leaves(seed: int, types: tuple[str, ...]) -> list[tuple[Structure, Routine]]:
    return [sized(seed + 1000 * n, types, LEAVES) for n in (1, 2)]


Snapshot = tuple[dict[tuple[str, str, int], Stored], Counter[tuple[str, str, int]]]


def over(world: World) -> Snapshot:
    """Attempts and notes that have ended, and what was executed until now."""
    rows = {
        (run.id, *key): row
        for run in world.runs.values()
        for key, row in run.rows.items()
        if row.status != "begun"
    }
    return rows, Counter(world.effects)


def consistent(world: World, before: Snapshot) -> None:
    """The journal keeps what it has, the ledger says what the journal says."""
    rows, effects = over(world)
    for key, row in before[0].items():
        assert rows.get(key) == row, "what was written changes no more"
        assert effects[key] == before[1][key], "what had ended is done again"
    for run in world.runs.values():
        below = [one for one in world.runs.values() if run in one.way()]
        _ledger(run, below)
        for (path, attempt), row in run.rows.items():
            if "/model[" in path and row.status == "completed":
                ours = f"{run.id}:{path}:"
                paid = [k for k in run.settled if k.startswith(ours) and k.endswith(f":{attempt}")]
                assert len(paid) == 1, "an answer that is kept is paid for once"
        if run.end is not None:
            assert not run.open, "nothing stays set aside"
    assert not [key for key in world.once if world.effects[key] > 1]
    known = {(run.id, *key) for run in world.runs.values() for key in run.rows}
    assert world.once <= known, "what was done without a word in the journal before"


def _ledger(run: Run, below: list[Run]) -> None:
    steps = sum(not is_note(path) for one in below for path, _ in one.rows)
    assert run.steps == steps
    assert run.most_steps is None or steps <= run.most_steps
    assert run.reserved == sum(sum(one.open.values()) for one in below)
    assert run.spent == sum(sum(one.settled.values()) for one in below)
    assert run.most_tokens is None or run.spent + run.reserved <= run.most_tokens


def played(world: World, routine: Routine, deaths: int) -> Done | Broken:
    """To its end, with so many deaths before it."""
    root = world.of("root", routine, 5)
    for death in range(deaths + 1):
        world.mercy = world.random.choice(WORDS) if death < deaths else 10**9
        before = over(world)
        try:
            end = asyncio.run(world.settle(root))
        except Killed:
            consistent(world, before)
            continue
        consistent(world, before)
        return end
    raise AssertionError("it was shown mercy")


@any_case
@given(SEEDS, FATES, SEEDS, st.integers(0, 8), st.booleans(), st.data())
def test_journal_and_budget_agree_at_every_death(
    structure: int, fate: Fate, order: int, deaths: int, pauses: bool, data: st.DataObject
) -> None:
    _, routine = sized(structure, ALL, LARGEST)
    below = [one for _, one in leaves(structure, tuple(t for t in ALL if t != "sub"))]
    world = World(below, fate, Random(order), pauses)
    world.most_steps = data.draw(st.none() | st.integers(1, 40))
    world.most_tokens = data.draw(st.none() | st.integers(0, 200))
    end = played(world, routine, deaths)
    assert world.runs["root"].end == end


@any_case
@given(SEEDS, FATES, SEEDS, st.integers(1, 8), st.none() | st.integers(1, 9))
def test_killed_at_any_point_the_whole_comes_to_the_same_end(
    structure: int, fate: Fate, order: int, deaths: int, most: int | None
) -> None:
    """Where every step may be repeated, and limits only make it rest."""
    made, routine = sized(structure, UNHARMED, LARGEST)
    below = leaves(structure, tuple(t for t in UNHARMED if t != "sub"))
    routines = [one for _, one in below]
    unharmed = played(World(routines, fate, Random(0), harmless=True), routine, 0)
    tokens = None if most is None else 10 * most
    world = World(routines, fate, Random(order), True, True, most, tokens)
    end = played(world, routine, deaths)
    assert same(end, unharmed)
    forks = made.forks or any(one.forks for one, _ in below)
    assert forks or end == unharmed
