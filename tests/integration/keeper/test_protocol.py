"""Odd, broken, greedy and foreign clients: none of them holds the keeper up."""

import asyncio
import contextlib
import json
import os
import pwd
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

import vrooli
from tests.support.keeper_home import KeeperHome, alive, next_exit, until
from vrooli.core.errors import Busy, ProtocolError, Unreachable
from vrooli.host.keeper import proc, wire
from vrooli.host.keeper_client import KeeperClient


class Raw:
    """A socket on which anything can be said."""

    def __init__(self, place: KeeperHome) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(place.home.keeper_socket))
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> "Raw":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.socket.close()

    def ask(self, line: bytes) -> dict[str, Any]:
        """Send a line and read one."""
        self.socket.sendall(line + b"\n")
        return self.read()

    def read(self) -> dict[str, Any]:
        """The next line; empty at the end."""
        line = self._file.readline()
        return dict(json.loads(line)) if line else {}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[1]", "a request is a JSON object"),
        (b'{"id": 1}', "no such operation"),
        (b'{"id": 1, "op": ["ping"]}', "no such operation"),
        (b'{"id": 1, "op": "spawn"}', "spec: expected an object"),
        (b'{"id": 1, "op": "spawn", "spec": {"service": 3}}', "service: expected str"),
        (b'{"id": 1, "op": "spawn", "spec": {"service": "x", "cwd": "/"}}', "log_path is missing"),
        (b'{"id": 1, "op": "signal", "launch_id": "../x", "signal": 9}', "launch_id"),
        (b'{"id": 1, "op": "signal", "launch_id": "0123456789", "signal": 0}', "signal"),
        (b'{"id": 1, "op": "signal", "launch_id": "0123456789", "signal": 99}', "signal"),
        (b'{"id": 1, "op": "signal", "launch_id": "0123456789", "signal": true}', "signal"),
        (b'{"id": 1, "op": "exits", "after": "all"}', "after: expected int"),
        (b'{"id": 1, "op": "wait", "launch_id": "0123456789"}', "no launch 0123456789 is known"),
        (b'{"id": 1, "op": "shutdown", "force": 1}', "force: expected bool"),
    ],
)
async def test_a_wrong_request_is_answered_with_its_fault(
    place: KeeperHome, keeper: KeeperClient, line: bytes, words: str
) -> None:
    with Raw(place) as raw:
        error = raw.ask(line)["error"]
        assert words in error["what"]
        assert raw.ask(b'{"id": 2, "op": "ping"}')["ok"], "the connection lives on"


async def test_a_line_without_end_is_cut_off(place: KeeperHome, keeper: KeeperClient) -> None:
    with Raw(place) as raw:
        try:
            raw.socket.sendall(b"x" * (wire.MAX_LINE + (1 << 17)))
            assert "line over 1 MiB" in raw.read()["error"]["what"]
        except ConnectionError:  # cut off while we were still sending
            pass
    assert (await keeper.ping())["launches"] == 0


async def test_a_request_in_pieces_and_many_in_one_piece(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    with Raw(place) as raw:
        for byte in b'{"id": 7, "op": "launches"}':
            raw.socket.send(bytes([byte]))
        assert raw.ask(b"")["result"] == []
        raw.socket.sendall(b'{"id": 8, "op": "launches"}\n' * 500)
        assert [raw.read()["id"] for _ in range(500)] == [8] * 500


async def test_a_client_that_does_not_read_is_dropped_and_delays_nobody(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    with Raw(place) as raw:
        raw.socket.setblocking(False)
        request = b'{"id": "%s", "op": "launches"}\n' % (b"x" * 10_000)
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(_send_for_ever(raw.socket, request), timeout=60)
        assert (await keeper.ping())["launches"] == 0


async def _send_for_ever(connection: socket.socket, data: bytes) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await loop.sock_sendall(connection, data)


async def test_only_so_many_clients_are_served(place: KeeperHome, keeper: KeeperClient) -> None:
    raws = [Raw(place) for _ in range(wire.MAX_CLIENTS)]
    try:
        with pytest.raises((Busy, Unreachable)):
            await (await place.connect()).ping()
        assert (await keeper.ping())["launches"] == 0
    finally:
        for raw in raws:
            raw.__exit__()
    await until(lambda: _sockets(place.keeper().pid) <= 3)
    assert (await (await place.connect()).ping())["launches"] == 0


def _sockets(pid: int) -> int:
    found = 0
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            found += os.readlink(path).startswith("socket:")
    return found


async def test_a_client_that_dies_takes_nothing_with_it(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    program = (
        "import json, socket, sys, time\n"
        "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
        "s.sendall(json.dumps({'id': 1, 'op': 'exits'}).encode() + b'\\n')\n"
        "s.sendall(json.dumps({'id': 2, 'op': 'spawn', 'spec': json.loads(sys.argv[2])}).encode()"
        " + b'\\n')\n"
        "time.sleep(600)\n"
    )
    spec = json.dumps(place.spec("sleep", "600", service="wanted").to_json())
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(place.home.keeper_socket), spec
    )
    async with asyncio.timeout(30):
        while not (found := await keeper.launches()):  # noqa: ASYNC110 - asks another process
            await asyncio.sleep(0.01)
    client.kill()
    await client.wait()
    (launch,) = found
    assert alive(launch.identity)
    await keeper.signal(launch.launch_id, signal.SIGKILL)
    assert (await next_exit(keeper, launch)).signal == 9


FOREIGN = """
import os, socket, sys
sys.path.insert(0, sys.argv[1])
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
s = socket.socket(socket.AF_UNIX)
s.settimeout(30)
try:
    s.connect(sys.argv[2])
    s.sendall(b'{"id": 1, "op": "ping"}\\n')
    print(s.recv(65536).decode())
except ConnectionError as error:
    print('"kind":"AccessDenied" or cut off:', error)
"""


async def test_another_user_is_turned_away(place: KeeperHome, keeper: KeeperClient) -> None:
    """Even when the folders let him through. Who is not root can only be himself."""
    place.folder.chmod(0o755)
    place.home.run.chmod(0o755)
    place.home.keeper_socket.chmod(0o666)
    code = await asyncio.create_subprocess_exec(
        "/usr/bin/env", "python3", "-c", FOREIGN, str(Path(vrooli.__file__).parents[1]),
        str(place.home.keeper_socket), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said = (await code.communicate())[0].decode()
    if os.geteuid() == 0:
        assert '"kind":"AccessDenied"' in said
        assert '"monotonic"' not in said
        assert "refused a connection of uid" in place.home.log("keeper").read_text("utf-8")
    else:
        assert '"monotonic"' in said
    assert (await keeper.ping())["launches"] == 0


async def test_the_socket_is_closed_to_others_by_its_modes(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    assert place.home.run.stat().st_mode & 0o777 == 0o700
    assert place.home.keeper_socket.stat().st_mode & 0o777 == 0o600
    assert pwd.getpwuid(place.home.run.stat().st_uid).pw_uid == os.geteuid()


async def test_a_peer_that_speaks_nonsense_is_named(place: KeeperHome) -> None:
    """Something else listens on the socket."""
    place.home.run.mkdir()

    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail ready\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_unix_server(nonsense, place.home.keeper_socket):
        client = await place.connect()
        with pytest.raises((ProtocolError, Unreachable)):
            await client.ping()


async def test_identities_are_those_of_the_kernel(place: KeeperHome, keeper: KeeperClient) -> None:
    launch = await keeper.spawn(place.spec("sleep", "600"))
    stat = proc.read_stat(launch.identity.pid)
    assert stat is not None
    assert launch.identity.start_ticks == stat.start_ticks
    assert launch.identity.boot_id == proc.boot_id()
