"""`python -m tests.support.programs.sandboxed CODE`: what becomes of it, as JSON."""

import asyncio
import json
import sys

from vrooli.core.ports.sandbox import Limits, SandboxUnavailable
from vrooli.host.sandbox.linux_sandbox import LinuxSandbox


async def main() -> None:
    try:
        outcome = await LinuxSandbox().run(sys.argv[1], b"{}", Limits(), network=False)
    except SandboxUnavailable as error:
        print(json.dumps({"unavailable": error.what}))
        return
    print(json.dumps({"output": outcome.output.decode(), "error": outcome.error}))


if __name__ == "__main__":
    asyncio.run(main())
