"""Port `Sandbox`, by the namespaces of Linux. Nothing is run where they cannot be had."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path

from vrooli.core.errors import StartFailed, TooLarge
from vrooli.core.ports.sandbox import Limits, Outcome, SandboxUnavailable

TAIL = 4096
"""Bytes of what was printed that are kept."""

_CHUNK = 64 * 1024


class LinuxSandbox:
    """One process tree for each call, without state."""

    async def run(self, code: str, inputs: bytes, limits: Limits, network: bool) -> Outcome:
        """See the port."""
        if sys.platform != "linux":
            raise SandboxUnavailable("code is kept in by namespaces, which Linux alone has")
        process = await _start(limits, network)
        try:
            given = b'{"code": %s, "inputs": %s}' % (json.dumps(code).encode(), inputs)
            async with asyncio.TaskGroup() as together:
                together.create_task(_feed(process, given))
                result = together.create_task(_result(process, limits.output))
                printed = together.create_task(_printed(process, limits.printed))
            return _outcome(result.result(), printed.result(), await process.wait())
        except ExceptionGroup as several:
            raise several.exceptions[0] from None  # nothing but TooLarge is raised in there
        finally:
            if process.returncode is None:
                process.kill()
                # To the end of the pipes: then nobody in there holds them any more.
                await process.communicate()


async def _start(limits: Limits, network: bool) -> Process:
    module = ("-I", "-m", "vrooli.host.sandbox.launcher", _spec(limits, network))
    try:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *module,
            env={},
            cwd="/",
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise StartFailed(
            f"it could not be started: {error.strerror}",
            retryable=True,
            next_step="see to memory and processes of this machine, then try again",
        ) from error


def _spec(limits: Limits, network: bool) -> str:
    """For `launcher`."""
    spec = {
        "parent": os.getpid(),
        "network": network,
        "disk": limits.disk,
        "python": os.path.realpath(sys.executable),
        "prefix": os.path.realpath(sys.base_prefix),
        "inside": Path(__file__).with_name("inside.py").read_text(encoding="utf-8"),
        "limits": {
            "RLIMIT_CPU": limits.cpu,
            "RLIMIT_AS": limits.memory,
            "RLIMIT_FSIZE": limits.disk,
            "RLIMIT_NPROC": limits.processes,
            "RLIMIT_NOFILE": limits.open_files,
            "RLIMIT_CORE": 0,
        },
    }
    return json.dumps(spec)


async def _feed(process: Process, given: bytes) -> None:
    assert process.stdin is not None
    with suppress(ConnectionError):  # it ended without having read all
        process.stdin.write(given)
        await process.stdin.drain()
    process.stdin.close()


async def _result(process: Process, largest: int) -> bytes:
    assert process.stdout is not None
    result = bytearray()
    while chunk := await process.stdout.read(_CHUNK):
        result += chunk
        if len(result) > largest + len('{"output": }'):
            raise TooLarge(f"its output has more than {largest} bytes")
    return bytes(result)


async def _printed(process: Process, largest: int) -> str:
    assert process.stderr is not None
    tail, count = b"", 0
    while chunk := await process.stderr.read(_CHUNK):
        count += len(chunk)
        tail = (tail + chunk)[-TAIL:]
        if count > largest:
            raise TooLarge(f"it printed more than {largest} bytes")
    return tail.decode(errors="replace").replace("\0", "�")


def _outcome(result: bytes, printed: str, code: int) -> Outcome:
    if not result:
        return Outcome(b"", _ending(code), printed)
    try:
        said = json.loads(result)
    except (ValueError, RecursionError):
        return Outcome(b"", "what it wrote as its result is no JSON", printed)
    if not isinstance(said, dict):
        said = {}
    if "unavailable" in said:
        raise SandboxUnavailable(f"this machine cannot keep code in: {said['unavailable']}")
    if "output" not in said:
        return Outcome(b"", str(said.get("error", "it has no output")), printed)
    return Outcome(json.dumps(said["output"]).encode(), "", printed)


def _ending(code: int) -> str:
    if code == 128 + 9:
        return "it was killed: its processor time or the machine's memory was used up"
    if code > 128:
        return f"it was ended by signal {code - 128}"
    return f"it ended by itself, with code {code}, before it had an output"
