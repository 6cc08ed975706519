"""Our own stack in a lab."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench._lab import Lab
from tests.support.ports import free_port
from vrooli.client.watchdog import WatchdogClient
from vrooli.core.errors import VrooliError
from vrooli.main.places import find_home

ROOT = Path(__file__).parents[1]
STACK = "bench"


class Ours:
    """A running stack.

    Attributes:
        home: its folder.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.home = lab.folder / "h"
        self._environment = {**os.environ, "VROOLI_HOME": str(self.home)}
        self._client: WatchdogClient | None = None

    def write(self, interval: float, hung: Sequence[int], extra: str = "") -> None:
        """`vrooli.toml`: every victim, and one external service for each port in `hung`."""
        lines = ["[stack]", f'name = "{STACK}"', "[autoheal]", f"port = {free_port()}"]
        lines += ["heal_budget = 1000", "stability = 1", extra]
        for victim in self._lab.victims:
            lines += [f"[scenarios.{victim.name}]", f"command = {json.dumps(victim.argv)}"]
            lines += [f"port = {victim.port}", 'user = "root"' if os.geteuid() == 0 else ""]
            lines += [f'health = {{ http = "/", interval = {interval} }}', "start_timeout = 20"]
            lines += [f'needs = ["{victim.needs.name}"]' if victim.needs else ""]
        for number, port in enumerate(hung):
            lines += [f"[resources.hung{number}]", 'kind = "http"', 'runtime = "external"']
            lines += [f'url = "http://127.0.0.1:{port}/"', "critical = false"]
            lines += ["health = { interval = 5 }", "start_timeout = 1"]
        (self._lab.folder / "vrooli.toml").write_text("\n".join(lines), encoding="utf-8")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`vrooli WORDS`."""
        return subprocess.run(
            [str(ROOT / "vrooli"), *words],
            cwd=self._lab.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """`vrooli WORDS`, which nobody waits for."""
        return subprocess.Popen(
            [str(ROOT / "vrooli"), *words],
            cwd=self._lab.folder,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def client(self) -> WatchdogClient:
        """The watchdog's API."""
        if self._client is None:
            self._client = WatchdogClient.of(find_home(STACK, self._environment))
        return self._client

    def heals(self) -> list[dict[str, Any]]:
        """All of them, the newest first."""
        return self.client.heals(1000)

    def heal_after(self, name: str, killed: float) -> dict[str, Any] | None:
        """The first heal of a service that was detected after the monotonic second `killed`."""
        try:
            found = [h for h in self.heals() if h["subject"] == name]
        except VrooliError:
            return None
        later = [heal for heal in found if heal["detected_monotonic"] >= killed]
        return min(later, key=lambda heal: float(heal["detected_monotonic"]), default=None)

    def pid(self, name: str) -> int:
        """Of a service."""
        rows = self.client.status()["services"]
        return int(next(row["pid"] for row in rows if row["name"] == name))


@contextmanager
def ours(
    lab: Lab, interval: float = 5.0, hung: Sequence[int] = (), extra: str = ""
) -> Iterator[Ours]:
    """The lab's victims under our watchdog."""
    stack = Ours(lab)
    stack.write(interval, hung, extra)
    try:
        ended = stack.run("up")
        if ended.returncode not in (0, 1):  # 1: the hung ones never become healthy, as intended
            raise RuntimeError(ended.stderr)
        yield stack
    finally:
        stack.run("down")
