"""A stack of its own for a test: a short home, free ports, the real command, and nothing left."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tests.support.leftovers import living, processes_of
from tests.support.ports import free_port
from tests.support.ready_postgres import lay_ready
from vrooli.autoheal.catalogue import InstalledChecks
from vrooli.autoheal.selftest import victim
from vrooli.autoheal.selftest.unknown import healed_on_unknown

ROOT = Path(__file__).parents[2]
VROOLI = str(ROOT / "vrooli")
AUTOHEAL = [str(ROOT / ".venv" / "bin" / "vrooli-autoheal")]
PROGRAM = Path(victim.__file__)
PATIENCE = 60.0  # seconds; only a broken test waits so long

LOOKED_AT = ("watchdog-loop",)
"""Checks of the machine that a test's stack has; others work on the same machine, and the tests are
about the stack. `check` switches one on."""

UNUSUAL = {"installation", "database", "role", "url", "user", "runtime"}
"""Keys of a PostgreSQL that make it another one than `lay_ready` has."""

T = TypeVar("T")
Ended = subprocess.CompletedProcess[str]


class LiveStack:
    """One stack. `add` services, `write` the file, then use the commands."""

    def __init__(self, home: Path | None = None, prefix: Sequence[str] = ()) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="vs-", dir="/tmp"))
        self.folder.chmod(0o777)  # services run as another user when the tests run as root
        self.home = home or self.folder / "h"
        self.file = self.folder / "vrooli.toml"
        self.prefix = list(prefix)
        self._own_place = home is not None or bool(prefix)
        self._usual_postgres = False
        self.environment = {**os.environ, "VROOLI_HOME": str(self.home), "NO_COLOR": "1"}
        self.environment.pop("DOCKER_HOST", None)
        self.ports: dict[str, int] = {}
        self._sections: dict[str, str] = {}
        self._stack: dict[str, Any] = {"name": "test"}
        self.autoheal(stability=0.5, sweep=1)
        for name in set(InstalledChecks().names()) - set(LOOKED_AT):
            self.check(name, enabled=False)
        self.check("watchdog-loop", warning=60_000, critical=120_000)  # ms: others load the machine
        shutil.copy(PROGRAM, self.folder / PROGRAM.name)

    # The file

    def autoheal(self, **keys: Any) -> None:
        """The section of the watchdog; a port is chosen."""
        keys.setdefault("port", self.port("autoheal"))
        self._sections["autoheal"] = section("autoheal", keys)

    def check(self, name: str, **keys: Any) -> None:
        """A check: one of the product, or with a `kind` one of the test's own."""
        self._sections[f"checks.{name}"] = section(f"checks.{name}", {"enabled": True, **keys})

    def add(self, name: str, *options: str, port: bool = True, **keys: Any) -> None:
        """The scenario `name`: our program with `options`. With a port it is probed by HTTP."""
        keys.setdefault("command", ["python3", "-S", PROGRAM.name, *options])
        if port:
            keys.setdefault("port", self.port(name))
            keys.setdefault("health", {"http": "/", "interval": 0.5})
        self._sections[name] = section(f"scenarios.{name}", keys)

    def resource(self, name: str, kind: str, **keys: Any) -> None:
        """A resource of a kind."""
        if name == "postgres":
            self._usual_postgres = kind == name and not keys.keys() & UNUSUAL
        keys.setdefault("port", self.port(name))
        self._sections[name] = section(f"resources.{name}", {"kind": kind, **keys})

    def tell(self, channels: dict[str, dict[str, Any]], **keys: Any) -> None:
        """People are told by these channels; what is well again is told soon."""
        keys.setdefault("resolve_after", 0.5)
        parts = [section("notify", keys)]
        parts += [section(f"notify.channels.{name}", one) for name, one in channels.items()]
        self._sections["notify"] = "\n".join(parts)

    def job(self, name: str, script: str, **keys: Any) -> None:
        """The job `name`: a script of the shell, and no schedule that comes true unless said."""
        keys.setdefault("schedule", "0 0 29 2 *")
        command = ["sh", "-c", script]
        self._sections[f"job {name}"] = section(f"jobs.{name}", {"command": command, **keys})

    def backup(self, stores: dict[str, dict[str, Any]], **keys: Any) -> None:
        """Restore points go to these stores; nothing is done by itself unless said."""
        keys = {"schedule": "never", "prune": "never", "drill": "never", **keys}
        parts = [section("backup", keys)]
        parts += [section(f"backup.stores.{name}", one) for name, one in stores.items()]
        self._sections["backup"] = "\n".join(parts)

    def plan_backups(self, **keys: Any) -> None:
        """Backups are taken by themselves."""
        self._sections["backup"] = section("backup", keys)

    def docker(self, socket: Path) -> None:
        """Where the Docker Engine listens."""
        self._stack["docker"] = str(socket)

    def container(self, name: str, container: str, socket: Path | None, **keys: Any) -> None:
        """The scenario `name` is a container of the Docker Engine at `socket`, looked at often;
        without one the file does not say where it is.
        """
        if socket is not None:
            self.docker(socket)
        keys.setdefault("health", {"interval": 0.5})
        keys = {"runtime": "docker", "container": container, **keys}
        self._sections[name] = section(f"scenarios.{name}", keys)

    def files(self, name: str, **keys: Any) -> None:
        """Files that belong to restore points; nothing is taken by itself."""
        self._sections["backup"] = section("backup", {"enabled": False})
        self._sections[f"files {name}"] = section(f"backup.files.{name}", keys)

    def maintenance(self, name: str, **keys: Any) -> None:
        """The maintenance window `name`."""
        self._sections[f"maintenance {name}"] = section(f"maintenance.{name}", keys)

    def remove(self, name: str) -> None:
        """Leave `name` out of the file."""
        del self._sections[name]

    def with_postgres_and_server(self, **keys: Any) -> None:
        """What the default stack has, on free ports and looked at more often."""
        health = {"interval": 0.5, "failures": 3, "over": 15}
        self.resource("postgres", "postgres", health=health)
        live = {"http": "/health/live", "interval": 0.5}
        port = self.port("server")
        keys = {"port": port, "needs": ["postgres"], "health": live, **keys}
        self._sections["server"] = section("scenarios.server", keys)

    def console(self, **keys: Any) -> None:
        """The console, on a free port; as patiently looked at as the server."""
        health = {"http": "/health", "interval": 0.5, "failures": 3, "over": 15}
        keys = {"port": self.port("console"), "health": health, **keys}
        self._sections["console"] = section("scenarios.console", keys)

    def write(self) -> None:
        """Write `vrooli.toml`."""
        head = section("stack", self._stack)
        self.file.write_text("\n".join([head, *self._sections.values()]), encoding="utf-8")

    def port(self, name: str) -> int:
        """The port of `name`, a free one, below those that the system gives to clients."""
        while name not in self.ports:
            chosen = free_port()
            if chosen not in self.ports.values():
                self.ports[name] = chosen
        return self.ports[name]

    def url(self, name: str, path: str = "/") -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.ports[name]}{path}"

    # The commands

    def command(self, *arguments: str) -> list[str]:
        """`vrooli` with these arguments, as the user of this stack."""
        return [*self.prefix, VROOLI, *arguments]

    def run(self, *arguments: str, seconds: float = 120) -> Ended:
        """`vrooli ARGUMENTS`, to its end."""
        return self._run(self.command(*arguments), seconds)

    def autoheal_command(self, *arguments: str) -> Ended:
        """`vrooli-autoheal ARGUMENTS`, to its end."""
        return self._run([*self.prefix, *AUTOHEAL, *arguments], 120)

    def ask(self, *arguments: str) -> Any:
        """What `vrooli-autoheal ARGUMENTS --json` says, which must succeed."""
        ended = self.autoheal_command(*arguments, "--json")
        assert ended.returncode == 0, said(ended)
        return json.loads(ended.stdout)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """`vrooli ARGUMENTS` on the side, in a process group of its own."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def up(self, *names: str) -> Ended:
        """`vrooli up`, which must succeed. The first one finds a cluster of PostgreSQL made."""
        if self._usual_postgres and not self._own_place:
            lay_ready(self.home)
        self._usual_postgres = False
        ended = self.run("up", *names)
        assert ended.returncode == 0, f"{said(ended)}\n{self.story()}"
        return ended

    def down(self) -> Ended:
        """`vrooli down`, which must succeed and leave nothing."""
        ended = self.run("down")
        assert ended.returncode == 0, said(ended)
        left = processes_of(self.home)
        assert not left, f"left: {left}\n{said(ended)}\n{self.log('keeper')}"
        return ended

    def _run(self, command: list[str], seconds: float) -> Ended:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    # Looking

    def status(self) -> dict[str, Any]:
        """`vrooli status --json`."""
        ended = self.run("status", "--json")
        assert ended.returncode in (0, 1, 2, 3), said(ended)
        found: dict[str, Any] = json.loads(ended.stdout)
        return found

    def seen(self) -> dict[str, Any] | None:
        """The same from the watchdog's API, which is cheaper; None while it does not answer."""
        try:
            found: dict[str, Any] = self.get("autoheal", "/status")
        except (OSError, ValueError):
            return None
        return found

    def get(self, name: str, path: str, *, token: bool = True) -> Any:
        """The JSON that a service answers; OSError when it does not."""
        with self.open(name, path, token=token) as answer:
            return json.loads(answer.read())

    def open(self, name: str, path: str, *, token: bool = True) -> Any:
        """The answer to a GET, with the operator's token or without."""
        request = urllib.request.Request(self.url(name, path))
        if token:
            request.add_header("Authorization", f"Bearer {self.token()}")
        return urllib.request.urlopen(request, timeout=5)

    def token(self) -> str:
        """The operator's token."""
        path = self.home / "secrets" / "operator.token"
        return path.read_text(encoding="ascii").strip()

    def service(self, name: str) -> dict[str, Any]:
        """One service as the watchdog sees it; empty while it does not answer."""
        for row in (self.seen() or {"services": []})["services"]:
            if row["name"] == name:
                return dict(row)
        return {}

    def result(self, check: str) -> dict[str, Any]:
        """The latest result of a check; empty while there is none."""
        try:
            found = self.get("autoheal", f"/checks/{check}")
        except (OSError, ValueError):
            return {}
        return dict(found["result"] or {})

    def until_result(self, check: str, status: str, says: str = "") -> dict[str, Any]:
        """The first result of a check with this status and these words."""

        def fits() -> dict[str, Any]:
            found = self.result(check)
            right = found.get("status") == status and says in found["message"]
            return found if right else {}

        return self.until(fits, f"{check} is {status} {says}")

    def pid(self, name: str) -> int:
        """The pid of a service (or of `autoheal`, `keeper`) that runs."""
        if name == "keeper":
            return self.until(self._keeper, "there is a keeper")
        return self.until(lambda: int(self.service(name).get("pid") or 0), f"{name} has a pid")

    def pids(self, *names: str) -> dict[str, int]:
        """Several."""
        return {name: self.pid(name) for name in names}

    def heals(self, subject: str = "") -> list[dict[str, Any]]:
        """Heals, the oldest first; empty while the watchdog does not answer."""
        try:
            found = self.get("autoheal", "/heals?limit=1000")["heals"]
        except (OSError, ValueError):
            return []
        return [heal for heal in reversed(found) if subject in ("", heal["subject"])]

    def outcomes(self, subject: str) -> list[str | None]:
        """How the heals of a service ended, the oldest first."""
        return [heal["outcome"] for heal in self.heals(subject)]

    def starts(self, name: str) -> list[int]:
        """The pids with which our program was started as `name`."""
        return self._noted(name, "starts")

    def children(self, name: str) -> list[int]:
        """The pids of its children."""
        return self._noted(name, "children")

    def job_seen(self, name: str) -> dict[str, Any]:
        """A job as the watchdog sees it; empty while it does not answer."""
        try:
            return dict(self.get("autoheal", f"/jobs/{name}"))
        except (OSError, ValueError):
            return {}

    def job_events(self, name: str) -> list[dict[str, Any]]:
        """What happened to a job, the oldest first; empty while the watchdog does not answer."""
        try:
            found = self.get("autoheal", f"/jobs/{name}/history?limit=1000")["history"]
        except (OSError, ValueError):
            return []
        return [*reversed(found)]

    def until_happened(self, name: str, *what: str) -> list[dict[str, Any]]:
        """Wait until these things have happened to a job; all that did, the oldest first."""
        self.until(
            lambda: set(what) <= {event["what"] for event in self.job_events(name)},
            f"{', '.join(what)} of job {name}: {self.job_events(name)}",
        )
        return self.job_events(name)

    def log(self, name: str) -> str:
        """What a service has written."""
        path = self.home / "logs" / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def story(self) -> str:
        """What helps to understand a failure."""
        shown = [json.dumps(self.seen(), indent=1), json.dumps(self.heals(), indent=1)]
        logs = sorted((self.home / "logs").glob("*.log"))
        return "\n".join([*shown, *(f"--- {p.name}\n{self.log(p.stem)[-3000:]}" for p in logs)])

    # Waiting

    def until(self, condition: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
        """The first true value of `condition`. What takes longer is looked at less often: others
        wait for the processor.
        """
        begun = time.monotonic()
        while True:
            value = condition()
            if value:
                return value
            waited = time.monotonic() - begun
            assert waited < seconds, f"not in {seconds} s: {what}\n{self.story()}"
            time.sleep(min(max(0.05, waited / 20), 0.2))

    def until_ok(self, seconds: float = PATIENCE) -> dict[str, Any]:
        """The status, as soon as it is `ok`."""

        def is_ok() -> dict[str, Any] | None:
            seen = self.seen()
            return seen if seen is not None and seen["status"] == "ok" else None

        found = self.until(is_ok, "the status is ok", seconds)
        assert found is not None
        return found

    def until_healed(self, name: str, times: int = 1) -> dict[str, Any]:
        """The latest heal of `name`, as soon as `times` of them ended well and all is ok."""
        self.until(
            lambda: self.outcomes(name).count("healed") >= times, f"{name} healed {times} times"
        )
        self.until_ok()
        return self.heals(name)[-1]

    # Breaking

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Signal a service; its pid."""
        pid = self.pid(name)
        os.kill(pid, number)
        return pid

    def touch(self, name: str) -> Path:
        """A file in the folder of the stack."""
        path = self.folder / name
        path.touch()
        return path

    def close(self) -> None:
        """`down`, then nothing may be left; what is left all the same is killed. And whatever the
        test was about: nothing may have been healed because of an `unknown` look.
        """
        try:
            ended = self.run("down")
            left = processes_of(self.home)
            assert not left, f"left: {left}\n{said(ended)}\n{self.story()}"
            guessed = healed_on_unknown(self.home / "spool.db")
            assert not guessed, f"healed although nobody knew what it has: {guessed}"
        finally:
            self._kill_leftovers()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _kill_leftovers(self) -> None:
        for _ in range(100):
            left = processes_of(self.home)
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            if not left:
                return
            time.sleep(0.05)

    def _keeper(self) -> int:
        text = (self.home / "keeper.lock").read_text(encoding="ascii")
        return int(json.loads(text or "{}").get("pid", 0))  # empty while the next one writes it

    def _noted(self, name: str, what: str) -> list[int]:
        path = self.folder / f"{name}.{what}"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return [int(line.split()[0]) for line in text.splitlines()]


def said(ended: Ended) -> str:
    """Everything that a command said."""
    return f"exit {ended.returncode}\n{ended.stdout}{ended.stderr}"


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    return not living(pid)


def section(title: str, keys: dict[str, Any]) -> str:
    """A section of `vrooli.toml`."""
    lines = [f"{key} = {_toml(value)}" for key, value in keys.items()]
    return "\n".join([f"[{title}]", *lines, ""])


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{ "
            + ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items())
            + " }"
        )
    return json.dumps(value)
