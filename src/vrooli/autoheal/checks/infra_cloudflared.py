"""Whether the tunnel of Cloudflare has connections."""

import json
from dataclasses import dataclass

from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.result import Result, not_applicable
from vrooli.core.status import Status
from vrooli.stack.model import Thresholds
from vrooli.stack.wire import http

_INSTALLED = ("/usr/bin/cloudflared", "/usr/local/bin/cloudflared", "/etc/cloudflared")


@dataclass(frozen=True, slots=True)
class Cloudflared:
    """Keys of `infra-cloudflared`.

    Attributes:
        metrics: where cloudflared serves its metrics; its first default is 127.0.0.1:20241.
    """

    metrics: str = "127.0.0.1:20241"


async def _run(look: Look) -> Result:
    if not any(look.facts.files.facts(path) for path in _INSTALLED):
        return not_applicable("cloudflared is not installed")
    address, path = http.target(f"http://{look.options.metrics}/ready")
    answer = await http.get(look.facts.tools.streams, address, path)
    try:
        ready = int(json.loads(answer.body).get("readyConnections", 0))
    except (ValueError, AttributeError, TypeError):
        ready = 0
    return judge(ready, "connections", look.limits, f"{ready} connections to Cloudflare")


CHECK = Check(
    id="infra-cloudflared",
    title="Cloudflare tunnel",
    why="Where people come in through it, nobody comes in without it.",
    category="infra",
    interval=30.0,
    unit="connections",
    thresholds=Thresholds(warning=1.0, critical=0.0),
    run=_run,
    options=Cloudflared,
    silence=Status.CRITICAL,
    ladder=("restart-cloudflared",),
)
