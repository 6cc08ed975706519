"""The resource kind `redis` on a real Redis."""

import dataclasses
import os
from pathlib import Path
from signal import Signals

import pytest

from tests.support.kinds import Bench, resource
from vrooli.core.address import HostPort
from vrooli.core.status import Status
from vrooli.host.streams import AsyncioStreams
from vrooli.stack.kinds import kind_of
from vrooli.stack.model import Health, Service
from vrooli.stack.wire.resp import RedisError, Session


async def call(real: Bench, service: Service, *words: str, login: bool = True) -> str:
    """One command."""
    stream = await AsyncioStreams().open(HostPort(service.host, service.port))
    try:
        session = Session(stream)
        if login:
            await session.call("AUTH", real.place.secrets.create("redis-password"))
        return await session.call(*words)
    finally:
        await stream.close()


async def test_data_survives_a_restart(real: Bench) -> None:
    service = resource("redis")
    await real.up(service)
    await call(real, service, "SET", "key", "value with spaces")
    await real.signal(service, Signals.SIGTERM)
    await real.ended(service)
    assert (await real.look(service)).status is Status.CRITICAL
    await real.up(service)
    assert await call(real, service, "GET", "key") == "value with spaces"


async def test_nobody_gets_in_without_the_password(real: Bench) -> None:
    service = resource("redis")
    await real.up(service)
    with pytest.raises(RedisError, match="NOAUTH"):
        await call(real, service, "GET", "key", login=False)
    url = f"redis://:wrong@127.0.0.1:{service.port}/0"
    result = await real.look(resource("redis", runtime="external", url=url))
    assert result.status is Status.CRITICAL
    assert result.details["answered"] is True
    pid = real.launches["redis"].identity.pid
    password = real.place.secrets.create("redis-password").encode()
    assert password not in Path(f"/proc/{pid}/cmdline").read_bytes()
    assert (os.stat(f"/proc/{pid}").st_uid != 0) or os.geteuid() != 0
    conf = real.place.home.data("redis") / "redis.conf"
    assert conf.stat().st_mode & 0o777 == 0o600


async def test_loading_is_starting(real: Bench) -> None:
    settings = {"key-load-delay": "2000", "loading-process-events-interval-bytes": "1024"}
    service = resource("redis", options={"settings": {"appendonly": "no"}})
    await real.up(service)
    # 3,000 keys at 2 ms each when it reads them again: long enough to be seen loading.
    await call(real, service, "EVAL", "for i=1,3000 do redis.call('SET', i, 'x') end", "0")
    await call(real, service, "SAVE")
    await real.signal(service, Signals.SIGTERM)
    await real.ended(service)
    slow = dataclasses.replace(service, options={"settings": {"appendonly": "no", **settings}})
    await real.prepare(slow)
    await real.start(slow)
    clock = real.tools.clock
    deadline = clock.monotonic() + 60
    while not (result := await real.look(slow)).starting:
        assert not result.healthy, "it never said that it was loading"
        assert clock.monotonic() < deadline
        await clock.sleep(0.01)
    assert result.status is Status.UNKNOWN
    await real.until(slow)


async def test_a_stopped_one_is_critical_at_the_deadline(real: Bench) -> None:
    service = resource("redis")
    await real.up(service)
    await real.signal(service, Signals.SIGSTOP)
    short = dataclasses.replace(service, health=Health(type="kind", timeout=0.3))
    result = await real.look(short)
    assert (result.status, result.details.get("answered")) == (Status.CRITICAL, None)
    await real.signal(service, Signals.SIGCONT)
    await real.until(service)


async def test_limits_and_settings_reach_it(real: Bench) -> None:
    options = {"max_memory": "64mb", "settings": {"maxmemory-policy": "allkeys-lru"}}
    service = resource("redis", options=options)
    await real.up(service)
    info = await call(real, service, "INFO", "memory")
    assert "maxmemory:67108864" in info
    assert "maxmemory_policy:allkeys-lru" in info
    assert kind_of(service).name == "redis"
