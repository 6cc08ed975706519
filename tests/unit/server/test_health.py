"""The verdict and the probes behind it."""

import asyncio
import time

import pytest

from vrooli.core.errors import Unreachable
from vrooli.server.dependencies import Answer, Dependency, Prober
from vrooli.server.health import Health, judge, report

UP = Answer(connected=True, required=True, latency_ms=1.0)
DOWN = Answer(connected=False, required=True, error="gone")
OPTIONAL_DOWN = Answer(connected=False, required=False, error="gone")


@pytest.mark.parametrize(
    ("answers", "migrated", "verdict"),
    [
        ({"postgres": UP}, True, Health.HEALTHY),
        ({"postgres": UP, "redis": OPTIONAL_DOWN}, True, Health.DEGRADED),
        ({"postgres": DOWN}, True, Health.UNHEALTHY),
        ({"postgres": DOWN, "redis": OPTIONAL_DOWN}, True, Health.UNHEALTHY),
        ({"postgres": UP}, False, Health.UNHEALTHY),
        ({}, True, Health.HEALTHY),
    ],
)
def test_required_decides_and_optional_degrades(
    answers: dict[str, Answer], migrated: bool, verdict: Health
) -> None:
    assert judge(answers, migrated) is verdict
    found = report(answers, migrated=migrated, version="1", uptime=2.0, now=0.0)
    assert found.http_status == (503 if verdict is Health.UNHEALTHY else 200)
    assert found.readiness is (verdict is not Health.UNHEALTHY)
    assert found.timestamp == "1970-01-01T00:00:00.000+00:00"


async def test_probes_run_side_by_side_and_a_hung_one_delays_nobody() -> None:
    async def fine() -> None:
        await asyncio.sleep(0)

    async def hung() -> None:
        await asyncio.Event().wait()

    async def broken() -> None:
        raise Unreachable("nobody there")

    prober = Prober(
        (
            Dependency("a", hung, required=True),
            Dependency("b", hung, required=False),
            Dependency("c", broken, required=False),
            Dependency("d", fine, required=False),
        ),
        deadline=0.3,
    )
    start = time.monotonic()
    answers = await prober.look()
    assert time.monotonic() - start >= 0.29
    assert {name: answer.connected for name, answer in answers.items()} == {
        **{"a": False, "b": False, "c": False, "d": True}
    }
    assert answers["a"].error == "did not answer within 0.3 s"
    assert answers["c"].error == "nobody there"


async def test_a_flood_of_requests_shares_one_probe() -> None:
    started = 0

    async def slow() -> None:
        nonlocal started
        started += 1
        await asyncio.sleep(0.05)

    prober = Prober((Dependency("a", slow, required=True),), deadline=30)
    answers = await asyncio.gather(*(prober.look() for _ in range(50)))
    assert started == 1
    assert all(answer["a"].connected for answer in answers)
    await prober.look()
    assert started == 2


async def test_a_probe_that_resists_cancellation_is_not_doubled() -> None:
    started = 0
    release = asyncio.Event()

    async def stubborn() -> None:
        nonlocal started
        started += 1
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    prober = Prober((Dependency("a", stubborn, required=True),), deadline=0.05)
    for _ in range(3):
        assert not (await prober.look())["a"].connected
    assert started == 1
    release.set()
    await asyncio.sleep(0)
    await prober.look()
