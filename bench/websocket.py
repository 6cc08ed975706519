"""WebSocket clients that one server holds, how soon they hear of what happens in runs, and what a
request to it costs beside a bare Starlette application under the same uvicorn.
"""

import asyncio
import gc
import json
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import httpx
from websockets.asyncio.client import ClientConnection, connect

from bench._arguments import parser
from bench._figures import machine, ms, say
from bench._process import cpu
from tests.support.ports import free_port
from tests.support.postgres import running_postgres
from tests.support.server import Server, server_process

CLIENTS, RUNS = 2000, 20
EVENTS, PAUSE = 15, 0.5
"""So many of each run, one every so many seconds: 20 messages of it to 100 clients, 40 runs a
second; 4,000 messages a second in all."""

ROUNDS, SECONDS, CONNECTIONS = 3, 4.0, 16
BARE = Path(__file__).with_name("_bare_app.py")


def main() -> None:
    """Measure and print."""
    parser(__doc__).parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))
    say(f"{CLIENTS} WebSocket clients, {RUNS} runs\n{machine()}")
    with running_postgres() as postgres, tempfile.TemporaryDirectory() as folder:
        dsn = postgres.create_database(f"w{secrets.token_hex(4)}")
        with server_process(Path(folder), dsn) as server:
            server.wait("/health")
            _requests(server)
            asyncio.run(_held(server, dsn))


async def _held(server: Server, dsn: str) -> None:
    runs = [await _long_run(server) for _ in range(RUNS)]
    assert server.process is not None
    before, began = _memory(server.process.pid), time.perf_counter()
    clients = [await _client(server, runs[number % RUNS]) for number in range(CLIENTS)]
    took = time.perf_counter() - began
    each = (_memory(server.process.pid) - before) / CLIENTS
    say(f"  {len(clients)} connected and subscribed in {took:.1f} s, {each:.0f} KiB of memory each")
    gc.collect()
    gc.freeze()  # else its looks through 2,000 clients stop this program
    used = cpu(server.process.pid)
    readers = [asyncio.create_task(_read(client)) for client in clients]
    written = await _write(dsn, runs)
    late = [delay for delays in await asyncio.gather(*readers) for delay in delays]
    used = cpu(server.process.pid) - used
    assert len(late) == CLIENTS * EVENTS, "an event is missing, or came twice"
    say(f"  from the commit of an event to each of its clients: {ms(late)}")
    rate = len(late) / written
    say(f"  {rate:,.0f} messages/s for {written:.0f} s, {100 * used / written:.0f} % of a core")
    for client in clients:
        client.transport.abort()


async def _long_run(server: Server) -> str:
    """A run that waits; the events are written by us."""
    async with httpx.AsyncClient(base_url=server.url, headers=server.headers) as client:
        step = {"step": "stay", "wait": {"seconds": 3600}}
        await client.post("/api/v1/routines", json={"name": "stay", "do": [step]})
        answer = await client.post("/api/v1/runs", json={"routine": "stay"})
        return str(answer.json()["id"])


async def _client(server: Server, run: str) -> ClientConnection:
    address = f"ws://127.0.0.1:{server.port}/ws"
    client = await connect(
        address, additional_headers=server.headers, compression=None, ping_interval=None
    )
    await client.recv()
    await client.send(json.dumps({"op": "subscribe", "run": run}))
    while '"stay"' not in str(await client.recv()):  # the first step has begun
        pass
    return client


async def _read(client: ClientConnection) -> list[float]:
    """Seconds between the commit of each event and its arrival."""
    delays: list[float] = []
    while len(delays) < EVENTS:
        said = json.loads(await client.recv())
        now = time.time()
        delays += [now - event["sent"] for event in said["events"]]
    return delays


_EVENT = """
WITH counted AS (UPDATE run_trees SET seq = seq + 1 WHERE root = $1 RETURNING seq)
INSERT INTO run_events (root, seq, run, at, kind, data)
SELECT $1, seq, $1, now(), 'step.begun', $2::jsonb FROM counted
"""


async def _write(dsn: str, runs: list[str]) -> float:
    """As another process: each event with the time just before its commit; seconds in all."""
    connection = await asyncpg.connect(dsn)
    began = time.perf_counter()
    for _ in range(EVENTS):
        next_round = time.perf_counter() + PAUSE
        for run in runs:
            data = json.dumps({"path": "a.step", "type": "value", "sent": time.time()})
            await connection.execute(_EVENT, run, data)
            await connection.execute("SELECT pg_notify('vrooli_run_events', $1)", f"bench {run}")
            await asyncio.sleep(PAUSE / len(runs) / 2)
        await asyncio.sleep(max(0.0, next_round - time.perf_counter()))
    await connection.close()
    return time.perf_counter() - began


def _memory(pid: int) -> float:
    """KiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return float(next(line.split()[1] for line in status if line.startswith("VmRSS")))


def _requests(server: Server) -> None:
    """`/health/live` of ours and of the bare one, by turns."""
    assert server.process is not None
    with _bare() as (port, pid):
        asked = {
            "ours": (f"{server.url}/health/live", server.process.pid),
            "bare": (f"http://127.0.0.1:{port}/live", pid),
        }
        rates: dict[str, list[float]] = {name: [] for name in asked}
        costs: dict[str, list[float]] = {name: [] for name in asked}
        for _ in range(ROUNDS):
            for name, (address, whose) in asked.items():
                used = cpu(whose)
                rates[name].append(asyncio.run(_rate(address)))
                costs[name].append((cpu(whose) - used) / rates[name][-1] / SECONDS)
    rate = {name: statistics.median(found) for name, found in rates.items()}
    cost = {name: statistics.median(found) for name, found in costs.items()}
    for name in asked:
        each = f"{1e6 * cost[name]:.0f} us of CPU each"
        say(f"  {name:<5} {rate[name]:8,.0f} requests/s, {CONNECTIONS} connections, {each}")
    by_time, by_cost = rate["ours"] / rate["bare"], cost["bare"] / cost["ours"]
    say(f"  ratio: ours / a bare Starlette application: {by_time:.0%}, by CPU {by_cost:.0%}")


async def _rate(address: str) -> float:
    """Requests a second over connections that are kept open."""
    host, _, path = address.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    wire = f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    counts = await asyncio.gather(*(_ask(name, int(port), wire) for _ in range(CONNECTIONS)))
    return sum(counts) / SECONDS


async def _ask(host: str, port: int, wire: bytes) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    end, count = time.perf_counter() + SECONDS, 0
    while time.perf_counter() < end:
        writer.write(wire)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]
        await reader.readexactly(int(length))
        count += 1
    writer.close()
    return count


@contextmanager
def _bare() -> Iterator[tuple[int, int]]:
    """Its port and process."""
    port = free_port()
    process = subprocess.Popen([sys.executable, str(BARE), str(port)])
    try:
        for _ in range(200):
            try:
                httpx.get(f"http://127.0.0.1:{port}/live")
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main()
