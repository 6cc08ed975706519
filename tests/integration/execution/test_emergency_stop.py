"""All swarms are stopped at once: with the programs of their steps, wherever these run."""

import asyncio
import secrets
from typing import Any

import psutil

from tests.support.trees import place
from tests.support.waiting import eventually
from vrooli.execution.runs.sharing import CUT
from vrooli.host.sandbox.linux_sandbox import LinuxSandbox
from vrooli.server.listening import Listening

CODE = """
import subprocess, time

def main(inputs):
    subprocess.Popen(["/bin/sh", "-c", f"trap '' TERM; sleep 3600; : {inputs['mark']}"])
    time.sleep(3600)
"""


async def test_no_program_of_a_swarm_is_left(dsn: str) -> None:
    """One of its two runs is driven by another process; another swarm has not begun."""
    told, mark = list[str](), secrets.token_hex(8)
    sandbox = LinuxSandbox()
    async with place(dsn, 2, sandbox=sandbox) as first, place(dsn, 1, sandbox=sandbox) as second:

        def heard(owner: str) -> None:
            told.append(owner)
            second.work.engine.cut(owner)

        listening = asyncio.create_task(Listening(dsn, {CUT: heard}).run())
        await eventually(lambda: _is_so("" in told), "it listens")
        arguments = {"code": CODE, "inputs": {"mark": mark}}
        deaf = await first.put({"step": "x", "python": arguments})
        plan = [{"task": f"t{n}", "routine": deaf} for n in range(3)]
        name = f"s-{secrets.token_hex(4)}"
        await first.work.swarms.put({"name": name, "goal": "hold", "plan": plan})
        run = await first.start(name)
        await eventually(lambda: _is_so(len(_marked(mark)) == 3), "all programs run")
        waits = await first.start(name)
        assert (await first.work.swarms.debug(waits))["goal"] is None
        stopped = await first.work.swarms.stop_all("somebody", "somebody")
        assert set(stopped) == {run, waits}
        await eventually(lambda: _is_so(not _marked(mark)), "no program is left")
        assert second.work.engine.parts.owner in told
        assert await first.work.swarms.stop_all("somebody", "somebody") == []
        listening.cancel()


async def _is_so(holds: bool) -> bool:
    return holds


def _marked(mark: str) -> list[Any]:
    """The programs; not the code, which has the mark in its input alone."""
    found = psutil.process_iter(["cmdline"])
    return [one for one in found if mark in " ".join(one.info["cmdline"] or ())]
