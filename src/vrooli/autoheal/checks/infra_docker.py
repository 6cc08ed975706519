"""Whether the Docker Engine answers."""

from vrooli.autoheal.check import Check, Look, judge
from vrooli.autoheal.probing import docker, has_docker
from vrooli.core.result import Result, critical, not_applicable
from vrooli.core.status import Status
from vrooli.stack.model import Thresholds


async def _run(look: Look) -> Result:
    if not has_docker(look):
        return not_applicable("there is no Docker Engine here")
    clock = look.facts.tools.clock
    began = clock.monotonic()
    answer = await docker(look, "/_ping")
    took = 1000 * (clock.monotonic() - began)
    if answer.status != 200:
        return critical(f"HTTP {answer.status}", round(took, 1), "ms")
    return judge(took, "ms", look.limits, f"answers in {took:.0f} ms")


CHECK = Check(
    id="infra-docker",
    title="Docker Engine",
    why="Without it no container is started, stopped or restarted.",
    category="infra",
    interval=30.0,
    unit="ms",
    thresholds=Thresholds(warning=2000.0, critical=8000.0),
    run=_run,
    silence=Status.CRITICAL,
    ladder=("restart-docker",),
)
