"""A thousand services are not looked at in the same instant."""

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from tests.support.until import until
from vrooli.autoheal import cadence
from vrooli.stack.model import Health, Service
from vrooli.stack.progress import silent

MONTH = 30 * 86_400.0


def seldom(number: int) -> Service:
    """Not looked at again while a test runs."""
    health = Health("tcp", str(number), interval=MONTH, timeout=5.0)
    return replace(scenario(f"web-{number}", number), health=health)


async def test_a_start_looks_once_and_no_look_at_all_of_them_follows(tmp_path: Path) -> None:
    services = [seldom(number) for number in range(1, 41)]
    async with MemoryWatchdog(tmp_path, stack_of(*services, sweep=MONTH)) as watchdog:
        tracked = [watchdog.board.tracked[service.name] for service in services]
        await until(lambda: all(one.result is not None for one in tracked))
        await watchdog.operations.run("up", (), silent)
        await until(lambda: all(one.healthy for one in tracked))
        await watchdog.loop.sweep()
        await watchdog.operations.run("up", ("web-1",), silent)
        for _ in range(100):  # whatever is ready to run, runs
            await asyncio.sleep(0)
        asked = Counter(watchdog.ports.asked)
        assert {port: asked[port] for port in range(2, 41)} == dict.fromkeys(range(2, 41), 1)


async def test_a_stop_is_seen_without_waiting_for_the_interval(tmp_path: Path) -> None:
    async with MemoryWatchdog(tmp_path, stack_of(seldom(1), sweep=MONTH)) as watchdog:
        await watchdog.operations.run("up", (), silent)
        web = watchdog.board.tracked["web-1"]
        await until(lambda: web.healthy)
        await watchdog.operations.run("stop", (), silent)
        await until(lambda: web.result is not None and not web.result.applicable)


@given(
    st.floats(0, 1e9),
    st.floats(0.5, MONTH),
    st.lists(st.text(min_size=1), min_size=1, unique=True),
)
def test_each_has_its_own_point_of_the_interval_for_ever(
    now: float, interval: float, names: list[str]
) -> None:
    for name in names:
        wait = cadence.until_next(name, now, interval, 100 * len(names))
        assert cadence.SHORTEST * interval <= wait <= (1 + cadence.SHORTEST) * interval
        # one that comes a little late does not move those after it
        services = 100 * len(names)
        later = cadence.until_next(name, now + wait, interval, services)
        late = cadence.until_next(name, now + wait + 0.2 * interval, interval, services)
        assert abs(now + wait + later - (now + wait + 0.2 * interval + late)) < 1e-3 * interval


def test_the_points_of_many_are_spread_over_the_whole_interval() -> None:
    names = [f"web-{number}" for number in range(900)]
    points = Counter(cadence.until_next(name, 0.0, 10.0, 900) % 10 for name in names)
    assert len(points) == 900 / cadence.TOGETHER
    assert max(points.values()) < 2 * cadence.TOGETHER


def test_few_are_looked_at_together() -> None:
    names = [f"web-{number}" for number in range(cadence.TOGETHER)]
    assert {cadence.until_next(name, 3.0, 10.0, len(names)) for name in names} == {7.0}
