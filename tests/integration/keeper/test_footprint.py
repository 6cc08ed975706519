"""The keeper is small and quick: it must be the last thing that dies, and the first to notice."""

import asyncio
import os
import signal
import time
from pathlib import Path

from tests.support.keeper_home import KeeperHome, next_exit
from vrooli.core.launch import Exit
from vrooli.host.keeper_client import KeeperClient

LIMIT_KIB = 12 * 1024
GENEROUS = 2.0  # seconds; the figure itself is measured in bench/


def resident_kib(pid: int) -> int:
    """VmRSS."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


async def test_it_stays_within_twelve_mebibytes(place: KeeperHome, keeper: KeeperClient) -> None:
    pid = place.keeper().pid
    assert resident_kib(pid) <= LIMIT_KIB
    launches = [
        await keeper.spawn(place.spec("sleep", "600", service=f"service-{number:02d}"))
        for number in range(50)
    ]
    for launch in launches:
        await keeper.survivors(launch.launch_id)
    assert resident_kib(pid) <= LIMIT_KIB
    for launch in launches:
        await keeper.signal(launch.launch_id, signal.SIGKILL, tree=True)
    assert (await next_exit(keeper, launches[-1])).signal == 9
    assert resident_kib(pid) <= LIMIT_KIB


async def test_it_stays_small_when_it_remembers_all_that_it_can(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    spec = place.spec("true", service="crasher", fingerprint="f" * 64)
    for _ in range(105):
        await asyncio.gather(*(keeper.spawn(spec) for _ in range(10)))
    seen = 0
    async with asyncio.timeout(60):
        async for ended in keeper.exits():
            seen += 1
            if ended.seq == 1050:
                break
    assert seen == 1000
    assert resident_kib(place.keeper().pid) <= LIMIT_KIB


async def test_it_runs_one_thread(place: KeeperHome, keeper: KeeperClient) -> None:
    assert len(list(Path(f"/proc/{place.keeper().pid}/task").iterdir())) == 1


async def test_a_death_is_told_soon_after_it_happens(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    news: asyncio.Queue[tuple[Exit, float]] = asyncio.Queue()

    async def follow() -> None:
        async for ended in keeper.exits():
            news.put_nowait((ended, time.monotonic()))

    task = asyncio.create_task(follow())
    for _ in range(10):
        launch = await keeper.spawn(place.spec("sleep", "600"))
        killed = time.monotonic()
        os.kill(launch.identity.pid, signal.SIGKILL)
        async with asyncio.timeout(30):
            ended, told = await news.get()
        assert ended.launch.launch_id == launch.launch_id
        assert killed <= ended.detected_monotonic <= told
        assert told - killed <= GENEROUS
    task.cancel()


async def test_it_uses_no_processor_time_while_nothing_happens(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    await keeper.spawn(place.spec("sleep", "600"))
    fields = Path(f"/proc/{place.keeper().pid}/stat").read_text(encoding="ascii").split()
    before = int(fields[13]) + int(fields[14])
    await asyncio.sleep(2)
    fields = Path(f"/proc/{place.keeper().pid}/stat").read_text(encoding="ascii").split()
    assert int(fields[13]) + int(fields[14]) - before <= 2, "ticks of 10 ms in 2 s"
