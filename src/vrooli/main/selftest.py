"""Runs scenarios of the selftest, several at a time, each in a process of its own."""

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

from vrooli.autoheal.selftest.scenario import described, scenario, scenario_names
from vrooli.core.errors import UsageError, VrooliError
from vrooli.core.nearest import did_you_mean
from vrooli.main.selftest_lab import LocalLab
from vrooli.main.selftest_surroundings import NotHere


def selftest(names: Sequence[str], jobs: int) -> Iterator[dict[str, Any]]:
    """`{id, fault, promise, pages, ok, seconds, said}` of each scenario as it ends; without names
    of all. `ok` is None for one that this machine cannot have.

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
    began, said, ok = time.monotonic(), "", None
    lab = LocalLab()
    try:
        chosen.run(lab)
        lab.told(chosen.pages, chosen.lasting)
        ok = True
    except NotHere as error:
        said = str(error)
    except VrooliError as error:
        said, ok = str(error), False
    except Exception as error:  # noqa: BLE001 -- a defect in one must not end the others
        said, ok = f"the scenario itself failed: {error!r}", False
    finally:
        trouble = _closed(lab)
    seconds = round(time.monotonic() - began, 2)
    if trouble:
        said, ok = trouble, False
    return {**described(chosen), "ok": ok, "seconds": seconds, "said": said}


def _closed(lab: LocalLab) -> str:
    try:
        lab.close()
    except VrooliError as error:
        return f"it could not be brought down: {error}"
    return ""
