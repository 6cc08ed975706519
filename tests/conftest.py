"""What holds for every test: a skip is no pass under CI, and no test needs a fast machine."""

import gc
import os
import signal
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import settings

CI = os.environ.get("CI") == "true"
FULL = os.environ.get("VROOLI_SOAK") == "full"

# A shell has Ctrl-C ignored by what it starts in the background, and each program of a test would
# inherit that: tests of Ctrl-C would fail there.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No deadline: a shared machine stalls for longer than any honest one. The sample is the same in
# every run, so that a red run can be repeated; `make soak` looks elsewhere each time.
settings.register_profile("sample", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("full", deadline=None, max_examples=10_000, print_blob=True)
settings.load_profile("full" if FULL else "sample")


@pytest.fixture(scope="session")
def full_campaign() -> bool:
    """Whether a test marked `soak` runs its whole campaign (`make soak`) or its seeded sample."""
    return FULL


def _fail_when_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which is a failure under CI=true: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test fails under CI=true."""
    report = yield
    _fail_when_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """So does a file that is skipped whole."""
    report = yield
    _fail_when_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Seven thousand tests are some million objects that stay to the end: whoever looks for what
    can be freed need not look at them each time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """How several processes share the tests."""
    from tests.support.sharing import Sharing

    return Sharing(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In which order they take them."""
    if hasattr(config, "workerinput"):
        from tests.support.sharing import rank

        items.sort(key=rank)
