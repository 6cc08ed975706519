"""The default stack: how long a warm `vrooli up` takes until all is healthy, and a status."""

import time
from pathlib import Path

from bench._arguments import parser
from bench._figures import machine, percentile, say
from bench._lab import Lab, lab
from bench._ours import Ours
from tests.support.ports import free_port

UPS, LOOKS = 5, 20


def main() -> None:
    """Measure and print."""
    parser(__doc__).parse_args()
    with lab() as place:
        stack = Ours(place)
        _default(place)
        try:
            cold = _timed(stack, "up")
            stack.run("down")
            warm = []
            for _ in range(UPS):
                warm.append(_timed(stack, "up"))
                if len(warm) < UPS:
                    stack.run("down")
            looks = [_timed(stack, "status") for _ in range(LOOKS)]
        finally:
            stack.run("down")
    say(f"the default stack (postgres, server, watchdog)\n{machine()}")
    say(f"  up, first time: {cold:.2f} s")
    say(f"  up, warm: median {percentile(warm, 0.5):.2f} s, worst {max(warm):.2f} s, n={UPS}")
    shown = percentile(looks, 0.5) * 1000, percentile(looks, 0.95) * 1000
    say(f"  status: median {shown[0]:.0f} ms, p95 {shown[1]:.0f} ms, n={LOOKS}")
    say("  ratio: none; no peer brings up a stack like this one")


def _default(place: Lab) -> None:
    lines = ["[stack]", 'name = "bench"', "[autoheal]", f"port = {free_port()}"]
    lines += ["[resources.postgres]", 'kind = "postgres"', f"port = {free_port()}"]
    lines += ["[scenarios.server]", f"port = {free_port()}", 'needs = ["postgres"]']
    Path(place.folder / "vrooli.toml").write_text("\n".join(lines), encoding="utf-8")


def _timed(stack: Ours, word: str) -> float:
    began = time.monotonic()
    ended = stack.run(word)
    if word == "up" and ended.returncode != 0:
        raise SystemExit(ended.stderr)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
