"""A stack of a small shop, and what can go wrong in it: each fault is seeded, and mended again."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.disks import fill, tmpfs
from tests.support.stack import LiveStack
from vrooli.autoheal.selftest import victim

SHOP = Path(__file__).with_name("_shop.py")
SHOPS = ("shop", "cart", "stock")
DISK = 160 << 20
"""Bytes of the disk on which `shop-db` keeps its data."""


class Shop:
    """The stack, and the payments elsewhere that it needs."""

    def __init__(self, stack: LiveStack) -> None:
        self.stack = stack
        self._payments: subprocess.Popen[bytes] | None = None

    def open_payments(self) -> None:
        """They can be reached."""
        port = str(self.stack.port("payments"))
        command = ["python3", "-S", str(Path(victim.__file__))]
        env = {**os.environ, "HOST": "127.0.0.1", "PORT": port}
        self._payments = subprocess.Popen(command, env=env, cwd=self.stack.folder)

    def close_payments(self) -> None:
        """They cannot."""
        if self._payments is not None:
            self._payments.kill()
            self._payments.wait()
            self._payments = None

    def mend(self) -> None:
        """What is still not well is begun anew, and waits for no backoff."""
        rows = self.stack.status()["services"]
        ill = [one["name"] for one in rows if one["health"] != "ok" and one["runtime"] == "process"]
        if ill:
            self.stack.run("restart", *ill)
        self.stack.until_ok()

    def until(self, name: str, *states: str) -> None:
        """Wait until a service is in one of these states, or of such a health."""
        self.stack.until(
            lambda: (
                {self.stack.service(name).get(key) for key in ("state", "health")} & set(states)
            ),
            f"{name} is {states}",
        )

    def sql(self, statement: str, *, client: bool = False) -> subprocess.Popen[bytes]:
        """A statement that begins now in `shop-db`, of its superuser or of a client as others."""
        role, named = ("vrooli", "vrooli") if client else ("postgres", "superuser")
        stack = self.stack
        program = next(stack.home.glob("pgsql/**/bin/psql"))
        secret = (stack.home / "secrets" / f"shop-db-{named}").read_text(encoding="ascii")
        where = ["-h", "127.0.0.1", "-p", str(stack.ports["shop-db"]), "-U", role]
        return subprocess.Popen(
            [str(program), *where, "-qXd", "vrooli", "-c", statement],
            env={**os.environ, "PGPASSWORD": secret.strip()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


Seed = Callable[[Shop], AbstractContextManager[None]]


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        name: of it, and of the cause as triage calls it.
        subject: what has it.
        evidence: a regular expression of what must be among the facts that are named for it.
        seed: does it, waits until it is seen, and mends it at the end.
        also: names of causes that say the same of it.
    """

    name: str
    subject: str
    evidence: str
    seed: Seed
    also: tuple[str, ...] = ()


@contextmanager
def shop(models: str = "") -> Iterator[Shop]:
    """The stack, up and well; its server may read what the watchdog tells, and ask `models`."""
    stack = LiveStack()
    opened = Shop(stack)
    try:
        _declare(stack, models)
        opened.open_payments()
        stack.up()
        with _small_disk(stack):
            stack.until_ok()
            yield opened
            stack.run("down")
    finally:
        opened.close_payments()
        stack.close()


@contextmanager
def _small_disk(stack: LiveStack) -> Iterator[None]:
    """The data of `shop-db` goes there, as somebody moves it who has too little room."""
    data = stack.home / "data" / "shop-db"
    assert stack.run("stop", "shop-db").returncode == 0
    subprocess.run(["cp", "-a", str(data), f"{data}.moved"], check=True)
    with tmpfs(data, DISK):
        subprocess.run(["cp", "-a", f"{data}.moved/.", str(data)], check=True)
        assert stack.run("start").returncode == 0
        yield


def _declare(stack: LiveStack, models: str) -> None:
    token = stack.home / "secrets" / "reader.token"
    env = {"WATCHDOG_TOKEN": f"file:{token}", "VROOLI_STEP_SECRETS": "WATCHDOG_TOKEN"}
    env.update({"VROOLI_MODELS": models} if models else {})
    stack.with_postgres_and_server(env=env)
    stack.autoheal(stability=0.5, sweep=1, heal_budget=1000)
    health = {"interval": 0.5, "failures": 2}
    stack.resource("shop-db", "postgres", health=health)
    port = stack.port("payments")
    where = {"url": f"tcp://127.0.0.1:{port}", "port": port, "start_timeout": 5}
    stack.resource("payments", "tcp", runtime="external", health=health, **where)
    stack.add("api", "--mute-while", "api.mute", "--sick-while", "api.sick", needs=["shop-db"])
    stack.add("web", "--relies-on", str(stack.port("api")), needs=["api"])
    stack.touch("search.go")
    shutil.copy(SHOP, stack.folder)
    _settings(stack)
    for name in SHOPS:
        stack.add(name, needs=["payments"], command=["python3", "-S", SHOP.name])
    tool = stack.folder / "mailer"
    shutil.copy(stack.folder / "victim.py", tool)
    tool.write_text("#!/usr/bin/python3 -S\n" + tool.read_text(encoding="utf-8"), encoding="utf-8")
    tool.chmod(0o755)
    stack.add("mailer", command=["./mailer"])
    secret = stack.folder / "api-key"
    secret.write_text("hunter2", encoding="ascii")
    secret.chmod(0o600)
    stack.add("search", "--crash-unless", "search.go", env={"KEY": f"file:{secret}"})
    stack.touch("ledger.csv")
    stack.job("report", "cat ledger.csv", user="root")
    for name, keys in {
        "postgres-connections": {"warning": 80, "critical": 95},
        "postgres-long-queries": {"warning": 2, "critical": 3600},
    }.items():
        stack.check(name, interval=1, **keys)
    stack.write()


def _settings(stack: LiveStack) -> None:
    text = json.dumps({"pays_at": stack.port("payments")})
    for name in SHOPS:
        (stack.folder / f"{name}.json").write_text(text, encoding="utf-8")


@contextmanager
def _signalled(open_: Shop, name: str, number: signal.Signals) -> Iterator[None]:
    """A process gets a signal; the watchdog has mended it by the time that anybody looks."""
    before = len(open_.stack.outcomes(name))
    open_.stack.kill(name, number)
    open_.stack.until(
        lambda: [one for one in open_.stack.outcomes(name)[before:] if one], f"{name} is healed"
    )
    yield


def _signal(name: str, number: signal.Signals) -> Seed:
    return lambda open_: _signalled(open_, name, number)


@contextmanager
def _file(open_: Shop, switch: str, subject: str) -> Iterator[None]:
    """A file is there that has a service do wrong."""
    path = open_.stack.touch(switch)
    open_.until(subject, "failed")
    time.sleep(3)
    yield
    path.unlink()


def _mute(open_: Shop) -> AbstractContextManager[None]:
    return _file(open_, "api.mute", "api")


def _sick(open_: Shop) -> AbstractContextManager[None]:
    return _file(open_, "api.sick", "api")


@contextmanager
def _without(open_: Shop, name: str, subject: str) -> Iterator[None]:
    """A file is gone without which a service that was killed does not start."""
    path = open_.stack.folder / name
    away = path.with_suffix(".away")
    path.rename(away)
    open_.stack.kill(subject)
    time.sleep(3)
    open_.until(subject, "failed")
    yield
    away.rename(path)


def _gone(name: str, subject: str) -> Seed:
    return lambda open_: _without(open_, name, subject)


@contextmanager
def _port_taken(open_: Shop) -> Iterator[None]:
    stack = open_.stack
    stack.run("stop", "web")
    with socket.create_server(("127.0.0.1", stack.ports["web"])):
        stack.run("start", "web")
        stack.until(lambda: "taken" in stack.service("web").get("message", ""), "it is refused")
        yield


@contextmanager
def _settled(open_: Shop, name: str, text: str) -> Iterator[None]:
    """One of the shops is started with other settings."""
    (open_.stack.folder / f"{name}.json").write_text(text, encoding="utf-8")
    open_.stack.kill(name)
    time.sleep(3)
    open_.until(name, "failed")
    yield
    _settings(open_.stack)


def _set(name: str, text: str) -> Seed:
    return lambda open_: _settled(open_, name, text)


@contextmanager
def _disk_full(open_: Shop) -> Iterator[None]:
    ballast = open_.stack.home / "data" / "shop-db" / "ballast"
    fill(ballast)
    open_.sql(
        "CREATE TABLE filler AS SELECT repeat('x', 900) FROM generate_series(1, 99999)"
    ).wait()
    open_.sql("SELECT pg_switch_wal(); CHECKPOINT").wait()
    open_.stack.kill("shop-db")
    open_.until("shop-db", "failed")
    time.sleep(4)
    yield
    ballast.unlink()


@contextmanager
def _stopped(open_: Shop) -> Iterator[None]:
    open_.stack.run("stop", "shop-db")
    yield
    open_.stack.run("start")


@contextmanager
def _password(open_: Shop) -> Iterator[None]:
    """The password of the role is changed behind the stack's back."""
    secret = (open_.stack.home / "secrets" / "shop-db-vrooli").read_text(encoding="ascii").strip()
    open_.sql("ALTER ROLE vrooli PASSWORD 'another'").wait()
    open_.until("shop-db", "critical", "unknown", "failed", "warning")
    time.sleep(2)
    yield
    open_.sql(f"ALTER ROLE vrooli PASSWORD '{secret}'").wait()


@contextmanager
def _asleep(open_: Shop, count: int, check: str) -> Iterator[None]:
    """Clients that do not go."""
    clients = [open_.sql("SELECT pg_sleep(600)", client=True) for _ in range(count)]
    try:
        open_.stack.until(
            lambda: open_.stack.result(check).get("status") in ("warning", "critical"),
            f"{check} says so",
        )
        yield
    finally:
        for client in clients:
            client.kill()
            client.wait()
        ours = "query LIKE 'SELECT pg_sl%' AND pid <> pg_backend_pid()"
        open_.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}").wait()


def _connections(open_: Shop) -> AbstractContextManager[None]:
    return _asleep(open_, 90, "postgres-connections-shop-db")


def _long_query(open_: Shop) -> AbstractContextManager[None]:
    return _asleep(open_, 1, "postgres-long-queries-shop-db")


@contextmanager
def _payments(open_: Shop) -> Iterator[None]:
    open_.close_payments()
    open_.until("payments", "failed", "critical")
    time.sleep(3)
    yield
    open_.open_payments()


@contextmanager
def _job(open_: Shop) -> Iterator[None]:
    path = open_.stack.folder / "ledger.csv"
    path.rename(path.with_suffix(".away"))
    open_.stack.run("job", "run", "report")
    yield
    path.with_suffix(".away").rename(path)
    open_.stack.run("job", "run", "report")


FAULTS = (
    Fault("killed", "web", "killed by signal 9", _signal("web", signal.SIGKILL)),
    Fault("frozen", "api", "state T", _signal("api", signal.SIGSTOP)),
    Fault("crashed", "mailer", "signal 11", _signal("mailer", signal.SIGSEGV)),
    Fault("killed", "shop-db", "killed by signal 9", _signal("shop-db", signal.SIGKILL)),
    Fault("hangs", "api", "answer", _mute),
    Fault("errors", "api", "HTTP 503", _sick),
    Fault("crash-loop", "search", "exited with code 3", _gone("search.go", "search")),
    Fault("program-gone", "mailer", "mailer", _gone("mailer", "mailer")),
    Fault("secret-gone", "search", "api-key", _gone("api-key", "search")),
    Fault("port-taken", "web", "taken by", _port_taken),
    Fault("bad-config", "shop", "JSONDecodeError", _set("shop", '{"pays_at": }')),
    Fault("out-of-memory", "cart", "MemoryError", _set("cart", '{"hoard": true}')),
    Fault("out-of-files", "stock", "Too many open files", _set("stock", '{"leak": true}')),
    Fault("disk-full", "shop-db", "No space left", _disk_full),
    Fault("stopped-by-operator", "shop-db", "stopped", _stopped),
    Fault("wrong-password", "shop-db", "password", _password),
    Fault("connections-used-up", "shop-db", "connections", _connections),
    Fault("long-query", "shop-db", " s", _long_query),
    Fault("unreachable", "payments", "refused", _payments),
    Fault("job-failed", "report", "ledger.csv", _job),
)
"""What is seeded, in this order."""
