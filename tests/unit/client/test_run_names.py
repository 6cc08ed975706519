"""What the runs are called that others started."""

import pytest

from vrooli.client.run_names import APPROVING, HANDING, called, run_names
from vrooli.execution.swarms import deciding


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("swarm/sizes", "sizes"),
        ("swarm/sizes[2]", "sizes, try 2"),
        ("swarm/clean/approval", "whether clean may be done"),
        ("swarm/clean/approval[3]", "whether clean may be done, try 3"),
        ("swarm/judge/person", "judge, by a person"),
        ("swarm/next-plan", "next-plan"),
        ("each[2].fetch", "each[2].fetch"),
        ("fetch", "fetch"),
        ("agent/tool[1].call", "agent/tool[1].call"),
    ],
)
def test_a_run_is_called_by_its_task_or_its_step(path: str, name: str) -> None:
    assert called(path) == name


def test_runs_below_others_are_named_behind_them() -> None:
    started = {
        "deep": ("inner", "fetch"),
        "inner": ("own", "swarm/sizes"),
        "lost": ("elsewhere", "swarm/other"),
        "round": ("about", "a"),
        "about": ("round", "b"),
    }
    assert run_names("own", started) == {"inner": "sizes", "deep": "sizes / fetch"}


def test_the_routines_of_each_swarm_are_called_as_the_engine_calls_them() -> None:
    assert (HANDING, APPROVING) == (deciding.HANDING, deciding.APPROVING)
