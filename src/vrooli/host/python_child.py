"""Runs a module of ours in a short-lived Python of its own, so that what it imports leaves memory
with it.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

MAX_TAIL = 4096


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended: exit code (negative: signal number) and the last `MAX_TAIL` bytes that it wrote
    to stderr.
    """

    code: int
    tail: str


async def run_module(module: str, env: Mapping[str, str], seconds: float) -> Ended:
    """`python -m module` with `env` added to ours, secrets included: an environment is private,
    arguments are not.

    Killed after `seconds` (TimeoutError) and when the caller is cancelled.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        env={**os.environ, **env},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(seconds):
            _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Ended(process.returncode or 0, errors[-MAX_TAIL:].decode(errors="replace"))
