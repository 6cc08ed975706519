"""Runs scenarios of the selftest, several at a time, each in a process of its own."""

import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

from vrooli.autoheal.selftest.scenario import scenario, scenario_names
from vrooli.core.errors import UsageError, VrooliError
from vrooli.main.selftest_lab import LocalLab
from vrooli.stack.nearest import did_you_mean


def selftest(names: Sequence[str], jobs: int) -> Iterator[dict[str, Any]]:
    """`{id, fault, promise, ok, seconds, said}` of each scenario as it ends; without names of all.

    Raises:
        UsageError: there is no such scenario.
    """
    known = scenario_names()
    for name in names:
        if name not in known:
            raise UsageError(
                f"there is no scenario `{name}`{did_you_mean(name, known)}",
                next_step="`vrooli-autoheal selftest --list` shows them",
            )
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        running = [pool.submit(run_one, name) for name in names or known]
        for done in as_completed(running):
            yield done.result()


def run_one(name: str) -> dict[str, Any]:
    """One scenario, from its stack to its end."""
    chosen = scenario(name)
    told = {"id": chosen.id, "fault": chosen.fault, "promise": chosen.promise}
    if chosen.root and os.geteuid() != 0:
        return {**told, "ok": None, "seconds": 0.0, "said": "only root can do this"}
    began, said = time.monotonic(), ""
    lab = LocalLab()
    try:
        chosen.run(lab)
    except VrooliError as error:
        said = str(error)
    finally:
        said = _closed(lab) or said
    seconds = round(time.monotonic() - began, 2)
    return {**told, "ok": not said, "seconds": seconds, "said": said}


def _closed(lab: LocalLab) -> str:
    try:
        lab.close()
    except VrooliError as error:
        return f"it could not be brought down: {error}"
    return ""
