"""The laboratory of the selftest: a stack in a folder of its own, brought up for real."""

import json
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from vrooli.autoheal.catalogue import InstalledChecks
from vrooli.autoheal.selftest import victim
from vrooli.autoheal.selftest.unknown import healed_on_unknown
from vrooli.client import http
from vrooli.client.token import read_token
from vrooli.client.wire import Response, problem
from vrooli.core.address import UnixPath
from vrooli.core.errors import StartFailed, VrooliError
from vrooli.main.kit import LocalKit
from vrooli.main.selftest_hook import Inbox
from vrooli.main.selftest_surroundings import LocalSurroundings

PATIENCE = 60.0
"""Seconds; only a broken promise takes so long."""

SETTLED = 1.5
"""Seconds for a page that must not come; whether one is due is judged every second."""

_PAUSE = 0.05
_PORTS = (20_000, 32_000)
"""Below those that Linux gives to clients."""

T = TypeVar("T")


class Broken(StartFailed):
    """A promise of a scenario was not kept."""


class LocalLab:
    """See `autoheal.selftest.scenario.Lab`."""

    def __init__(self) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="vrooli-selftest-"))
        self._root.chmod(0o777)  # services run as another user when root runs the selftest
        self._file = self._root / "vrooli.toml"
        self._program = self._root / "victim.py"
        shutil.copy(victim.__file__, self._program)
        environment = {**os.environ, "VROOLI_HOME": str(self._root / "h")}
        self._kit = LocalKit(environment)
        self._home = self._kit.home(None)
        self._machine = LocalSurroundings(self._root, self._home, environment)
        self._inbox = Inbox()
        self._ports: dict[str, int] = {}
        self._reserved: list[socket.socket] = []
        self._sections: dict[str, dict[str, Any]] = {}
        self._settings: dict[str, Any] = {"stability": 0.5, "sweep": 1}
        self._nonsense = ""
        for name in InstalledChecks().names():
            # Nothing about the machine is promised: also not how late a loop on it is.
            self._sections[f"checks.{name}"] = {"enabled": False}

    # What is declared

    @property
    def folder(self) -> Path:
        """See the port."""
        return self._root

    @property
    def machine(self) -> LocalSurroundings:
        """See the port."""
        return self._machine

    @property
    def spool(self) -> Path:
        """See the port."""
        return self._home.spool

    def service(self, name: str, *habits: str, **keys: Any) -> None:
        """See the port."""
        python = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
        usual: dict[str, Any] = {
            "command": [python, "-S", self._program.name, *habits],
            "port": self.port(name),
            "health": {"http": "/", "interval": 0.5},
        }
        self._sections[f"scenarios.{name}"] = {**usual, **keys}

    def database(self, **keys: Any) -> None:
        """See the port."""
        health = {"interval": 0.5}
        usual = {"kind": "postgres", "port": self.port("postgres"), "health": health}
        self._sections["resources.postgres"] = {**usual, **keys}
        live = {"http": "/health/live", "interval": 0.5}
        server = {"port": self.port("server"), "needs": ["postgres"], "health": live}
        self._sections["scenarios.server"] = server

    def check(self, name: str, **keys: Any) -> None:
        """See the port."""
        self._sections[f"checks.{name}"] = keys

    def settings(self, **keys: Any) -> None:
        """See the port."""
        self._settings |= keys

    def spoil(self) -> None:
        """See the port."""
        self._nonsense = "\n[nonsense"

    def port(self, name: str) -> int:
        """See the port."""
        if name not in self._ports:
            self._ports[name], holder = _reserved_port()
            self._reserved.append(holder)
        return self._ports[name]

    def url(self, name: str) -> str:
        """See the port."""
        return f"http://127.0.0.1:{self.port(name)}/"

    # What is done

    def up(self, *, fails: bool = False) -> None:
        """See the port."""
        self._write()
        try:
            stack = self._kit.load_stack(self._file)
            last = [*self._kit.start(stack, self._home, "up", ()).progress][-1]
        except VrooliError:
            if not fails:
                raise
            return
        self.expect(last["ok"] is not fails, "`up` fails" if fails else f"`up` succeeds: {last}")

    def operate(self, action: str, *names: str) -> None:
        """See the port."""
        if action == "stop":
            lines = self._kit.stop(self._home, names)
        else:
            stack = self._kit.load_stack(self._file)
            lines = self._kit.start(stack, self._home, action, names).progress
        for _ in lines:
            pass

    def switch(self, name: str, on: bool = True) -> None:
        """See the port."""
        path = self._root / name
        path.touch() if on else path.unlink(missing_ok=True)

    def afflict(self, name: str, victim: str) -> None:
        """See the port."""
        fresh = self._root / f"{name}.new"  # half a pid would be another's
        fresh.write_text(str(self.pid(victim)), encoding="ascii")
        fresh.rename(self._root / name)

    def hide_program(self, *, back: bool = False) -> None:
        """See the port."""
        here, there = self._program, self._program.with_suffix(".hidden")
        there.rename(here) if back else here.rename(there)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """See the port."""
        pid = self.pid(name)
        os.kill(pid, number)
        return pid

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """See the port."""
        target = UnixPath(str(self._home.watchdog_socket))
        token = read_token(self._home.operator_token)
        answer = http.request(target, method, path, body=body, token=token, timeout=10.0)
        if answer.status >= 400:
            raise problem(answer.status, answer.lenient(), f"{method} {path}")
        return Response(answer.status, answer.body).json()

    def close(self) -> None:
        """Bring it down and remove it."""
        try:
            for _ in self._kit.bring_down(self._home):
                pass
        finally:
            self._inbox.close()
            for holder in self._reserved:
                holder.close()
            self._machine.close()
            shutil.rmtree(self._root, ignore_errors=True)
            shutil.rmtree(self._home.run, ignore_errors=True)

    # What is seen

    def state(self, name: str) -> dict[str, Any]:
        """See the port."""
        rows = self._quietly("/status", "services")
        return next((dict(row) for row in rows if row["name"] == name), {})

    def pid(self, name: str) -> int:
        """See the port."""
        if name == "keeper":
            return self._wait(self._keeper, "there is a keeper")
        return self._wait(lambda: int(self.state(name).get("pid") or 0), f"{name} has a pid")

    def result(self, check: str) -> dict[str, Any]:
        """See the port."""
        rows = self._quietly("/checks", "checks")
        return next((dict(row["result"] or {}) for row in rows if row["id"] == check), {})

    def looked_at(self, service: str) -> float:
        """See the port."""
        rows = self._quietly("/checks", "checks")
        found = (row["looked_at"] for row in rows if row["id"] == f"scenario-{service}")
        return float(next(found, None) or 0.0)

    def unshipped(self) -> int:
        """See the port."""
        return int(dict(self._quietly("/status", "watchdog")).get("unshipped") or 0)

    def heals(self, subject: str) -> list[dict[str, Any]]:
        """See the port."""
        rows = self._quietly("/heals?limit=1000", "heals")
        return [heal for heal in reversed(rows) if heal["subject"] == subject]

    def decided(self, rule: str) -> bool:
        """See the port."""
        rows = self._quietly("/decisions", "decisions")
        return any(row["data"]["rule"] == rule for row in rows)

    def starts(self, name: str) -> int:
        """See the port."""
        return len(self._noted(name, "starts"))

    def left(self, name: str) -> list[int]:
        """See the port."""
        return [pid for pid in self._noted(name, "children") if Path(f"/proc/{pid}").exists()]

    def log(self, name: str) -> Path:
        """See the port."""
        return self._home.log(name)

    # What must be

    def until(self, condition: Callable[[], object], what: str) -> None:
        """See the port."""
        self._wait(condition, what)

    def paged(self, subject: str) -> None:
        """See the port."""
        self._wait(lambda: subject in self._inbox.told("page"), f"people are paged about {subject}")

    def healed(self, name: str, times: int = 1) -> dict[str, Any]:
        """See the port."""

        def done() -> bool:
            outcomes = [heal["outcome"] for heal in self.heals(name)]
            status = self._quietly("/status", "status")
            return outcomes.count("healed") >= times and status == "ok"

        self._wait(done, f"{name} is healed and all is well")
        return self.heals(name)[-1]

    def quiet(self, seconds: float, condition: Callable[[], object], what: str) -> None:
        """See the port."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self.expect(condition(), what)
            time.sleep(_PAUSE)

    def told(self, pages: Sequence[str], lasting: Sequence[str]) -> None:
        """People were paged about these and nobody else, once each, and heard the end of all but
        those that last.
        """
        paged, ended = sorted(pages), sorted(set(pages) - set(lasting))

        def right() -> bool:
            return self._inbox.told("page") == paged and self._inbox.told("resolved") == ended

        what = f"people are told of {paged}, and of the end of {ended}"
        self._wait(lambda: right() or self._too_many(paged), what)
        self.quiet(SETTLED, right, what)
        guessed = healed_on_unknown(self.spool)
        self.expect(not guessed, f"what is unknown is never healed: {guessed}")

    def expect(self, condition: object, what: str) -> None:
        """See the port."""
        if not condition:
            raise Broken(f"not so: {what}", next_step=self._story())

    def _wait(self, condition: Callable[[], T], what: str) -> T:
        deadline = time.monotonic() + PATIENCE
        while True:
            value = None
            with suppress(KeyError, TypeError):  # what nobody has told yet is not so yet
                value = condition()
            if value:
                return value
            if time.monotonic() >= deadline:
                raise Broken(f"not in {PATIENCE:g} s: {what}", next_step=self._story())
            time.sleep(_PAUSE)

    def _too_many(self, pages: Sequence[str]) -> bool:
        """Whether there is a page that must not be: no need to wait for the others."""
        return any(
            self._inbox.told("page").count(one) > pages.count(one)
            for one in self._inbox.told("page")
        )

    def _story(self) -> str:
        seen = self._quietly("/status", "services")
        told = [f"{row['name']}: {row['state']}, {row['health']}: {row['message']}" for row in seen]
        heard = [f"{kind}: {self._inbox.told(kind)}" for kind in ("page", "resolved")]
        return "; ".join([*(told or ["the watchdog does not answer"]), *heard])

    def _quietly(self, path: str, key: str) -> Any:
        """An answer's value; an empty list while nobody answers."""
        try:
            return self.ask("GET", path)[key]
        except VrooliError:
            return []

    def _keeper(self) -> int:
        try:
            return int(json.loads(self._home.keeper_lock.read_text("ascii") or "{}").get("pid", 0))
        except (OSError, ValueError):
            return 0

    def _noted(self, name: str, what: str) -> list[int]:
        path = self._root / f"{name}.{what}"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return [int(line.split()[0]) for line in text.splitlines()]

    def _write(self) -> None:
        sections = {
            "stack": {"name": "selftest"},
            "autoheal": {"port": self.port("autoheal"), **self._settings},
            "notify": {"resolve_after": 0.5},
            "notify.channels.hook": {"url": self._inbox.url},
            **self._sections,
        }
        parts = [f"[{name}]\n{_keys(keys)}" for name, keys in sections.items()]
        self._file.write_text("\n".join(parts) + self._nonsense, encoding="utf-8")


def _keys(keys: dict[str, Any]) -> str:
    return "".join(f"{key} = {_toml(value)}\n" for key, value in keys.items())


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items())
        return "{ " + ", ".join(pairs) + " }"
    return json.dumps(value)


def _reserved_port() -> tuple[int, socket.socket]:
    """One that nobody has, and what keeps it from others for as long as it is open: they are told
    that it is taken, while whoever sets SO_REUSEADDR, as servers do, may listen there.
    """
    while True:
        port, holder = random.SystemRandom().randrange(*_PORTS), socket.socket()
        try:
            holder.bind(("127.0.0.1", port))
        except OSError:
            holder.close()
            continue
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return port, holder
