"""A stack on a machine with systemd, brought up and asked as its operator would."""

import contextlib
import json
import shutil
from collections.abc import Callable
from typing import Any, TypeVar

from tests.support.stack import LOOKED_AT, PROGRAM, Ended, section
from tests.support.systemd_host import SystemdHost
from vrooli.autoheal.catalogue import InstalledChecks
from vrooli.client.watchdog import WatchdogClient
from vrooli.core.address import UnixPath
from vrooli.core.errors import VrooliError

FOLDER = "/srv/shop"
FILE = f"{FOLDER}/vrooli.toml"
UNSEEN = sorted(set(InstalledChecks().names()) - {*LOOKED_AT, "os-watchdog"})


T = TypeVar("T")


class HostedStack:
    """The stack `shop`: `store`, `web`, which needs it, and `extra`.

    Args:
        host: the machine.
        user: whose it is.
        database: whether `store` is a real PostgreSQL.
    """

    def __init__(self, host: SystemdHost, user: str = "root", database: bool = False) -> None:
        self.host, self.user = host, user
        self.unit = "vrooli-shop.service"
        state = "/var/lib/vrooli" if user == "root" else f"/home/{user}/.local/state/vrooli"
        self.home = f"{state}/shop"
        command = ["python3", "-S", f"{FOLDER}/{PROGRAM.name}"]
        health = {"http": "/", "interval": 0.5}
        served = {"command": command, "health": health}
        store = {"kind": "postgres", "port": 21001}
        if not database:
            store = {"kind": "command", "port": 21001, **served}
        self.sections: dict[str, dict[str, Any]] = {
            "stack": {"name": "shop"},
            "resources.store": store,
            "scenarios.web": {"port": 21002, "needs": ["store"], **served},
            "scenarios.extra": {"port": 21003, **served},
            "autoheal": {"stability": 0.5, "sweep": 1},
            **{f"checks.{name}": {"enabled": False} for name in UNSEEN},
        }
        folder = host.path(FOLDER)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)
        shutil.copy(PROGRAM, folder)
        self.write()

    def write(self) -> None:
        """Write `vrooli.toml`."""
        text = "\n".join(section(title, keys) for title, keys in self.sections.items())
        self.host.write(FILE, text)

    def vrooli(self, *words: str, check: bool = True, **env: str) -> Ended:
        """`vrooli WORDS`."""
        return self._command("vrooli", words, check, env)

    def autoheal(self, *words: str, check: bool = True, **env: str) -> Ended:
        """`vrooli-autoheal WORDS`."""
        return self._command("vrooli-autoheal", words, check, env)

    def _command(
        self, name: str, words: tuple[str, ...], check: bool, env: dict[str, str]
    ) -> Ended:
        argv = (name, *words, "-f", FILE)
        return self.host.run(*argv, user=self.user, env=env, check=check)

    def up_in_a_session(self, **env: str) -> str:
        """`vrooli up` in a control group of its own, as that of a login would be; what it said."""
        words = ("systemd-run", "--scope", "--quiet", "vrooli", "up", "-f", FILE)
        return self.host.run(*words, user=self.user, env=env).stderr

    def install(self) -> dict[str, Any]:
        """`vrooli-autoheal install`, which must succeed; what it did."""
        done: dict[str, Any] = json.loads(self.autoheal("install", "--json").stdout)
        return done

    def protection(self) -> dict[str, Any]:
        """`vrooli-autoheal watchdog --json`."""
        seen: dict[str, Any] = json.loads(self.autoheal("watchdog", "--json", check=False).stdout)
        return seen

    def status(self) -> dict[str, Any]:
        """What the watchdog says; empty while it does not answer."""
        return self._ask(WatchdogClient.status) or {}

    def result(self, check: str) -> dict[str, Any]:
        """The latest result of a check; empty while there is none."""
        found = self._ask(lambda watchdog: watchdog.check(check)) or {}
        return dict(found.get("result") or {})

    def heals(self, subject: str) -> list[dict[str, Any]]:
        """Heals of one subject, the oldest first; empty while nobody answers."""
        found = self._ask(lambda watchdog: watchdog.heals(1000)) or []
        return [heal for heal in reversed(found) if heal["subject"] == subject]

    def _ask(self, question: Callable[[WatchdogClient], T]) -> T | None:
        """Over its socket; None while it does not answer."""
        run = "/run" if self.user == "root" else f"/run/user/{self.host.uid(self.user)}"
        token = self.host.read(f"{self.home}/secrets/operator.token").strip()
        for path in self.host.mounted(f"{run}/vrooli").glob("*/watchdog.sock"):
            with contextlib.suppress(VrooliError):
                return question(WatchdogClient(UnixPath(str(path)), token))
        return None

    def rows(self) -> dict[str, dict[str, Any]]:
        """Services by name."""
        return {row["name"]: row for row in self.status().get("services", [])}

    def pids(self) -> dict[str, int]:
        """Of all that runs, the watchdog as `autoheal`; empty while nobody answers."""
        return {name: row["pid"] for name, row in self.rows().items() if row["pid"]}

    def keeper(self) -> int:
        """The pid of the keeper, as it says itself."""
        text = self.host.read(f"{self.home}/keeper.lock")
        return int(json.loads(text or "{}").get("pid", 0))  # empty while the next one writes it

    def main_pid(self) -> int:
        """That of the unit's main process."""
        return int(self.host.show(self.unit, "MainPID", user=self.user)["MainPID"])

    def until_kept(self, other_than: int) -> int:
        """The pid of a keeper that is the unit's main process, and another one than before."""

        def kept() -> int:
            pid = self.main_pid()
            return pid if pid != other_than and pid == self.keeper() else 0

        found: int = self.until(kept, "another keeper")
        return found

    def kill(self, pid: int, signal: str = "KILL") -> None:
        """Send a signal."""
        self.host.run("kill", f"-{signal}", str(pid))

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        """The first true value, with the story of the machine when there is none."""
        try:
            return self.host.until(condition, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.story()}") from error

    def until_ok(self, *running: str) -> dict[str, int]:
        """Pids, as soon as the watchdog says that all is well and that these run."""

        def well() -> dict[str, int]:
            status = self.status()
            found = {row["name"]: row["pid"] for row in status.get("services", []) if row["pid"]}
            fits = status.get("status") == "ok" and {*running, "autoheal"} == set(found)
            return found if fits else {}

        found: dict[str, int] = self.until(well, f"{', '.join(running)} are well")
        return found

    def starts(self, name: str) -> list[float]:
        """When our program was started as `name`, Unix seconds."""
        for folder in (FOLDER, f"{self.home}/data/{name}"):
            text = self.host.read(f"{folder}/{name}.starts")
            if text:
                return [float(line.split()[1]) for line in text.splitlines()]
        return []

    def story(self) -> str:
        """What helps to understand a failure."""
        logs = sorted(self.host.path(f"{self.home}/logs").glob("*.log"))
        told = [f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in logs]
        status = json.dumps(self.status(), indent=1)
        return "\n".join([status, self.host.journal("-n", "80"), *told])
