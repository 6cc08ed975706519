"""One service of the file to its compiled instances."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from vrooli.core.nearest import did_you_mean
from vrooli.stack.compile_health import compile_health
from vrooli.stack.compile_held import NAMED_BY, check_made, held_name, looked_at, makes_unit
from vrooli.stack.compile_limits import compile_limits
from vrooli.stack.compile_process import (
    Folders,
    absolute_reference,
    compile_command,
    compile_env,
    compile_user,
)
from vrooli.stack.kind import Kind
from vrooli.stack.model import AUTOHEAL, Heal, Role, Service
from vrooli.stack.own import plain_name
from vrooli.stack.plaintext import (
    NEXT,
    carries_password,
    is_plain_secret,
    reference_problem,
    texts,
)
from vrooli.stack.problem import Section
from vrooli.stack.references import is_reference
from vrooli.stack.sections import ServiceSection
from vrooli.stack.unit_names import made_unit

STARTING_KEYS = (
    "command",
    "cwd",
    "env",
    "user",
    "instances",
    "stop_timeout",
    "stop_signal",
    "reload_signal",
    "config_test",
    "ladder",
)
"""Keys that say how to start and stop something: meaningless for what runs elsewhere."""

SQL_KINDS = ("postgres", "command")
"""What may speak PostgreSQL's protocol; of a `command` only its author knows."""

MOST_INSTANCES = 64
_WEB_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Declared:
    """A service as written.

    Attributes:
        name: with aliases resolved.
        written: its keys.
        kind: what it is.
        options: the keys that only this kind knows.
        section: where to report problems.
        folders: where relative paths start.
        own_unit: the name of the stack's own unit.
    """

    name: str
    role: Role
    written: ServiceSection
    kind: Kind
    options: Mapping[str, Any]
    section: Section
    folders: Folders
    own_unit: str = ""


def compile_service(declared: Declared) -> list[Service]:
    """The instances, every default filled in; problems go to the section."""
    written, section = declared.written, declared.section
    runtime = _runtime(declared)
    if runtime == "external":
        section.reject(
            STARTING_KEYS, written, "an external service is not started here; leave it out"
        )
    elif declared.role == "scenario" or not (declared.kind.needs_command or runtime in NAMED_BY):
        section.reject(("url",), written, 'only for `runtime = "external"`; leave it out')
    if runtime == "process" or makes_unit(runtime, written, section):
        _require_command(declared)
    _check_options(declared, runtime)
    instances = section.whole("instances", written.instances, 1, (1, MOST_INSTANCES))
    if instances > 1 and declared.name == AUTOHEAL and declared.role == "scenario":
        section.wrong("instances", "there is exactly one watchdog")
    ports = _Ports.of(declared, runtime, instances)
    if instances == 1:
        return [_instance(declared, runtime, declared.name, ports, 0)]
    return [
        _instance(declared, runtime, f"{declared.name}-{number + 1}", ports, number)
        for number in range(instances)
    ]


@dataclass(frozen=True)
class _Ports:
    host: str
    first: int
    url: str

    @classmethod
    def of(cls, declared: Declared, runtime: str, instances: int) -> "_Ports":
        written, section = declared.written, declared.section
        url = absolute_reference(_url(written.url, section), declared.folders)
        host, port = "127.0.0.1", declared.kind.default_port
        if url and not is_reference(url):
            parts = urlsplit(url)
            host = parts.hostname or host
            port = parts.port or port or _WEB_PORTS.get(parts.scheme, 0)
        host = section.text("host", written.host, host)
        port = section.port("port", written.port, port)
        if runtime == "external" and not (url or port or _finds_it(written)):
            section.wrong("url", "an external service needs its `url`, or `host` and `port`")
        if port + instances - 1 > 65535:
            section.wrong("port", "the ports of the last instances would lie above 65535")
        return cls(host, port, url)


def _instance(declared: Declared, runtime: str, name: str, ports: _Ports, number: int) -> Service:
    written, section, kind = declared.written, declared.section, declared.kind
    port = ports.first + number if ports.first else 0
    url = "" if is_reference(ports.url) else ports.url
    health = Section(section.problems, (*section.path, "health"))
    _check_sql(declared, health)
    made = makes_unit(runtime, written, section)
    if made:
        check_made(written, kind.needs_command, kind.name, section)
        held = made_unit(declared.own_unit, name) if written.command else ""
    else:
        held = held_name(runtime, kind.name, written, section)
    docker = runtime == "docker"
    probe = looked_at(written.health, declared.role) if docker else written.health
    longest = (0.1, 3600.0)
    return Service(
        name=name,
        group=declared.name,
        role=declared.role,
        kind=kind.name,
        runtime=runtime,
        held=held,
        command=compile_command(written.command, section, declared.folders),
        cwd=_cwd(declared),
        env=compile_env(written.env, section, declared.folders),
        user=compile_user(written.user, section),
        host=ports.host,
        port=port,
        url=ports.url,
        health=compile_health(probe, health, kind, declared.role, port, url),
        needs=tuple(dict.fromkeys(plain_name(need) for need in written.needs or ())),
        critical=True if written.critical is None else written.critical,
        start_timeout=section.seconds(
            "start_timeout", written.start_timeout, kind.start_timeout, longest
        ),
        stop_timeout=section.seconds(
            "stop_timeout", written.stop_timeout, kind.stop_timeout, longest
        ),
        stop_signals=_signals(written.stop_signal, section, kind),
        reload_signal=_reload_signal(written.reload_signal, section),
        config_test=_config_test(declared),
        ladder=_ladder(written, section),
        heal=_heal(written.heal, runtime, section),
        options=dict(declared.options),
        limits=compile_limits(written.limits, section, declared.folders, runtime, made=made),
    )


def _runtime(declared: Declared) -> str:
    known = declared.kind.runtimes
    runtime = declared.written.runtime
    if runtime is None:
        return "process" if "process" in known else known[0]
    if runtime not in ("process", "external", *NAMED_BY):
        text = f"unknown runtime `{runtime}`{did_you_mean(runtime, known)}"
    elif runtime not in known:
        text = f"a {declared.kind.name} cannot run as `{runtime}`"
    else:
        return runtime
    declared.section.wrong("runtime", f"{text} (allowed: {', '.join(known)})")
    return "process" if "process" in known else known[0]


def _require_command(declared: Declared) -> None:
    command = declared.written.command
    if command is None and declared.kind.needs_command:
        declared.section.wrong("command", "needs a `command`, the program to run and its arguments")
    elif command is not None and (not command or not command[0].strip()):
        declared.section.wrong("command", 'expected a list of texts, like ["python3", "app.py"]')


def _finds_it(written: ServiceSection) -> bool:
    """Whether the health of an external service needs no address of it."""
    health = written.health
    if health is None:
        return False
    own_address = health.http is not None and not health.http.startswith("/")
    return health.exec is not None or own_address or type(health.tcp) is int


def _url(written: str | None, section: Section) -> str:
    url = section.text("url", written, "")
    if not url:
        return ""
    if is_reference(url):
        problem = reference_problem(url)
        if problem or url.startswith("resource:"):
            section.wrong("url", problem or "expected a URL, `env:NAME` or `file:PATH`")
        return url
    if carries_password(url):
        section.wrong("url", f"a password in plain text; {NEXT}")
        return ""
    if not _is_url(url):
        section.wrong(
            "url", "expected a URL like postgresql://host:5432/name, `env:NAME` or `file:PATH`"
        )
        return ""
    return url


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.scheme and parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _cwd(declared: Declared) -> str:
    written = declared.section.text("cwd", declared.written.cwd, "")
    if written:
        return declared.folders.absolute(written)
    plain = declared.role == "scenario" and declared.kind.name == "scenario"
    return declared.folders.file if plain else ""


def _check_options(declared: Declared, runtime: str) -> None:
    for key, option in declared.options.items():
        if runtime in NAMED_BY:
            text = f"the {NAMED_BY[runtime]} has that already; leave it out"
            declared.section.wrong(key, text)
        if any(is_plain_secret(name, text) for name, text in texts(option, key)):
            declared.section.wrong(key, f"looks like a secret in plain text; {NEXT}")


def _check_sql(declared: Declared, health: Section) -> None:
    """A query needs a PostgreSQL: the resource itself, or the one that a scenario uses."""
    if declared.written.health is None or declared.written.health.sql is None:
        return
    if declared.role == "scenario" and "DATABASE_URL" not in (declared.written.env or {}):
        health.wrong("sql", "which database? set DATABASE_URL in `env`, like `resource:postgres`")
    if declared.role == "resource" and declared.kind.name not in SQL_KINDS:
        health.wrong("sql", f"a {declared.kind.name} does not answer queries of SQL")


def _signals(written: str | list[str] | None, section: Section, kind: Kind) -> tuple[str, ...]:
    if written is None:
        return kind.stop_signals
    names = [written] if isinstance(written, str) else written
    if not names:
        section.wrong(
            "stop_signal", 'expected a signal like "TERM", or a list like ["INT", "QUIT"]'
        )
    plain = tuple(name.upper().removeprefix("SIG") for name in names)
    for name in plain:
        _check_signal("stop_signal", name, "ask for an end; KILL comes last by itself", section)
    return plain


def _reload_signal(written: str | None, section: Section) -> str:
    name = (written or "").upper().removeprefix("SIG")
    if written is not None:
        _check_signal("reload_signal", name, "make anything read its settings", section)
    return name


def _check_signal(key: str, name: str, purpose: str, section: Section) -> None:
    known = [item.name.removeprefix("SIG") for item in signal.Signals]
    if name not in known:
        section.wrong(key, f"unknown signal `{name}`{did_you_mean(name, known)}")
    elif name in ("KILL", "STOP"):
        section.wrong(key, f"{name} cannot {purpose}")


def _config_test(declared: Declared) -> tuple[str, ...]:
    written, section = declared.written.config_test, declared.section
    if written is not None and (not written or not written[0].strip()):
        section.wrong("config_test", 'expected a list of texts, like ["nginx", "-t"]')
        return ()
    return compile_command(written, section, declared.folders, "config_test")


def _ladder(written: ServiceSection, section: Section) -> tuple[str, ...]:
    """Actions, mildest first; that they exist is checked by whoever knows them."""
    ladder = tuple(written.ladder or ())
    if "reload" in ladder and written.reload_signal is None:
        section.wrong("ladder", "`reload` needs a `reload_signal`")
    if "stop" in ladder[:-1]:
        section.wrong("ladder", "nothing can follow `stop`")
    return ladder


def _heal(written: Heal | None, runtime: str, section: Section) -> Heal:
    if runtime != "external":
        return written or "auto"
    if written in ("auto", "shadow"):
        section.wrong("heal", "an external service is never restarted here (allowed: watch, off)")
    return written if written in ("watch", "off") else "watch"
