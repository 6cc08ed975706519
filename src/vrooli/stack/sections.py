"""The sections of `vrooli.toml`, with what every key means.

These dataclasses are the one description of the file: validation, JSON Schema, the commented file
of `vrooli init` and the reference page are projections of them. A key that was not written is None;
`compile.py` fills in the defaults. Standard library only.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

from vrooli.stack.names import NAME_EXPECTED, NAME_PATTERN
from vrooli.stack.section_keys import (
    FORBID,
    PORT,
    SAID,
    SECONDS,
    Duration,
    duration,
    env,
    flag,
    key,
    port,
    service_names,
    user,
    whole,
)
from vrooli.stack.sections_backup import BackupSection
from vrooli.stack.sections_fleet import FleetSection
from vrooli.stack.sections_jobs import JobSection
from vrooli.stack.sections_limits import LimitsSection
from vrooli.stack.sections_maintenance import MaintenanceSection
from vrooli.stack.sections_mcp import McpSection
from vrooli.stack.sections_notify import NotifySection


@dataclass
class StackSection:
    """The stack as a whole."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    name: str | None = key(
        "Names the home folder of the stack, so that two stacks on one host stay apart.",
        NAME_EXPECTED,
        default="`default`",
        example='"default"',
        schema={"type": "string", "pattern": NAME_PATTERN},
    )
    docker: str | None = key(
        "Where the Docker Engine listens, for containers and checks.",
        "the whole path of a socket, also with `unix://` before it",
        default="`DOCKER_HOST` of the `up` where that is a socket, else `/run/docker.sock`",
        schema={"type": "string", "pattern": "^(unix://)?/"},
    )


@dataclass
class HealthSection:
    """How to find out whether a service is healthy: exactly one of `http`, `tcp`, `sql`, `exec`,
    `process`."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    http: str | None = key(
        "A GET on this path of the service's port, or on a URL, answers with a status from 200 to "
        "399.",
        "a path like `/health`, or a URL with http or https",
        example='"/health"',
        schema={"type": "string", "pattern": "^(/|https?://)"},
    )
    tcp: bool | int | None = key(
        "The service's port (`true`), or this port, accepts a connection.",
        "`true` or a port from 1 to 65535",
        schema={"anyOf": [{"const": True}, PORT]},
    )
    sql: str | None = key(
        "The PostgreSQL answers this query; of a scenario, the one that DATABASE_URL in its `env` "
        "names.",
        'a query in text, like "SELECT 1"',
        schema={"type": "string", "minLength": 1},
    )
    exec: list[str] | None = key(
        "This program and its arguments end with 0 (ok), 1 (warning) or 2 (critical); no shell is "
        "involved.",
        'a list of texts, like ["/usr/local/bin/check", "--quick"]',
        schema={"type": "array", "items": {"type": "string"}, "minItems": 1},
    )
    process: bool | None = key(
        "Only look whether the process is there and not stopped.",
        "`true`",
        schema={"const": True},
    )
    interval: Duration | None = duration(
        "Time between two looks, at least half a second.", default="`5s`", example='"5s"'
    )
    timeout: Duration | None = duration(
        "Time that one look may take, at most the interval.",
        default="0.9 of the interval, at most `5s`",
    )
    failures: int | None = whole(
        "So many looks in a row must fail before the service counts as hung.",
        between=(1, 100),
        default="2; 3 for databases",
    )
    over: Duration | None = duration(
        "Those failures must span at least this time: slow is not dead.",
        default="0; `15s` for databases",
    )


@dataclass
class ServiceSection:
    """Keys that every service has."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    runtime: str | None = key(
        "How it is run: `process` is started and stopped here; `systemd` is a unit, one "
        "that is there or, with a `command`, one that is made for it; `docker` is a container. "
        "systemd or the Docker Engine starts and stops those for us. `external` runs elsewhere "
        "and is only watched.",
        '"process", "systemd", "docker" or "external"',
        default="`process`",
        schema={"enum": ["process", "systemd", "docker", "external"]},
    )
    unit: str | None = key(
        'The unit of `runtime = "systemd"`: there already, it is neither made nor removed. With a '
        "`command` in its place, a unit is made.",
        "the whole name of a unit, like nginx.service",
        schema={"type": "string", "pattern": "[.]service$"},
    )
    container: str | None = key(
        'The container of `runtime = "docker"`: there already, it is neither made nor removed.',
        "the name of a container",
        schema={"type": "string", "minLength": 1},
    )
    command: list[str] | None = key(
        "The program and its arguments; no shell is involved. The process gets PORT and HOST.",
        'a list of texts, like ["python3", "-m", "http.server"]',
        example='["python3", "-m", "http.server", "8000"]',
        schema={"type": "array", "items": {"type": "string"}, "minItems": 1},
    )
    cwd: str | None = key(
        "Working folder; a relative one starts at this file, `~` is the home folder.",
        "a path in text",
        default="scenarios: the folder of this file; resources: the service's data folder",
        example='"."',
    )
    env: dict[str, str | int] | None = env(
        "Environment of the process: a text, or a reference: `env:NAME` and `file:PATH` for "
        "secrets, `resource:NAME` for the connection URL of a resource. A secret in plain text is "
        "an error.",
        example='{ DATABASE_URL = "resource:postgres", API_KEY = "env:API_KEY" }',
    )
    user: str | None = user()
    instances: int | None = whole(
        "So many alike, named NAME-1, NAME-2, ... on the ports `port`, `port` + 1, ...",
        between=(1, 64),
        default="1",
    )
    port: int | None = port("Where it listens.", default="the kind's own, or none", example="8000")
    host: str | None = key(
        "Address where it listens.",
        "an address or a host name",
        default="`127.0.0.1`",
        schema={"type": "string", "minLength": 1},
    )
    url: str | None = key(
        "Where an `external` service or a resource in a unit or container is, or what a `command` "
        "resource speaks: a URL without a password, or a reference to one (`env:NAME`, "
        "`file:PATH`).",
        "a URL, or `env:NAME`, or `file:PATH`",
        schema={"type": "string", "minLength": 1},
    )
    health: HealthSection | None = key(
        "How to find out whether it is healthy.",
        'a table like { http = "/health" }',
        default="resources: their own protocol; scenarios: `tcp` with a port, else `process`; "
        "containers: what the Docker Engine says",
        example='{ http = "/", interval = "5s" }',
    )
    needs: list[str] | None = service_names(
        "Services that must be healthy before it starts. With several instances, any healthy one "
        "will do.",
        default="none",
    )
    critical: bool | None = flag(
        "Whether the whole stack is critical when it fails (`true`), or only in warning (`false`).",
        default="`true`",
        example="true",
    )
    start_timeout: Duration | None = duration(
        "Time to become healthy after a start.", default="`1m`, or the kind's own", example='"30s"'
    )
    stop_timeout: Duration | None = duration(
        "Time to end after the stop signals, shared among them; then it is killed.",
        default="`10s`, or the kind's own",
    )
    stop_signal: str | list[str] | None = key(
        "Signal that asks it to end, or several, sent in order.",
        'a signal like "TERM", or a list like ["INT", "QUIT"]',
        default="`TERM`, or the kind's own",
        schema={
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
            ]
        },
    )
    reload_signal: str | None = key(
        "Signal that makes it read its settings anew, for the action `reload`.",
        'a signal like "HUP"',
        default="none",
    )
    config_test: list[str] | None = key(
        "A program that fails when the settings of the service are wrong. It is run before every "
        "start and restart, as the service would be, for at most 10 seconds; while it fails, "
        "nothing is started, and what runs is left running.",
        'a list of texts, like ["nginx", "-t"]',
        default="none",
        schema={"type": "array", "items": {"type": "string"}, "minItems": 1},
    )
    limits: LimitsSection | None = key(
        'What it may use and do at most, where a unit is made for it (`runtime = "systemd"` with a '
        "`command`).",
        'a table like { memory = "1G", tasks = 200 }',
        default="none",
    )
    ladder: list[str] | None = key(
        "Recovery actions when it runs and does not answer, mildest first.",
        'a list of actions, like ["reload", "restart", "kill"]',
        default='`["restart"]`',
        schema={"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 10},
    )
    heal: Literal["auto", "shadow", "watch", "off"] | None = key(
        "`auto`: restarted when it fails; `shadow`: said what would be done, never touched; "
        "`watch`: looked at, never touched; `off`: not even looked at.",
        '"auto", "shadow", "watch" or "off"',
        default="`auto`; `watch` for external ones",
        example='"auto"',
    )


@dataclass
class ResourceSection(ServiceSection):
    """Infrastructure that others need."""

    kind: str | None = key(
        "Which kind of resource it is; each kind has keys of its own.", "the name of a kind"
    )


@dataclass
class ScenarioSection(ServiceSection):
    """An application. One named `server` without a command is this product's API server, `autoheal`
    its watchdog."""


@dataclass
class CheckSection:
    """A check that the product brings, with other settings; or, with `kind`, one of your own."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    kind: str | None = key(
        "What a check of your own looks at; each kind has keys of its own.",
        "the name of a kind of check",
        default="a check of the product, of this name",
        schema={"type": "string", "minLength": 1},
    )
    enabled: bool | None = flag("`false` is never looked at.", default="`true`")
    interval: Duration | None = duration("Time between two looks.", default="the check's own")
    timeout: Duration | None = duration(
        "Time that one look may take.", default="the check's own, at most the interval"
    )
    warning: float | None = key(
        "From here on it is a warning.", "a number", default="the check's own"
    )
    critical: float | None = key(
        "From here on it is critical.", "a number", default="the check's own"
    )


@dataclass
class AllowSection:
    """What the watchdog may do to the machine without asking. Checks of the machine only look,
    unless one of their actions stands here."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    actions: list[str] | None = key(
        "Recovery actions on the machine, by their ids; also a destructive one.",
        'a list of actions, like ["vacuum-journal", "clean-apt"]',
        default="none",
        schema={"type": "array", "items": {"type": "string"}},
    )


@dataclass
class AutohealSection:
    """The watchdog."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID
    enabled: bool | None = flag(
        "`false` leaves the watchdog out: nothing is healed.", default="`true`"
    )
    host: str | None = key(
        "Address of its HTTP API.",
        "an address or a host name",
        default="`127.0.0.1`",
        schema={"type": "string", "minLength": 1},
    )
    port: int | None = port("Port of its HTTP API.", default="3002", example="3002")
    sweep: Duration | None = duration(
        "Time between sweeps that find what no event told.", default="`30s`"
    )
    stability: Duration | None = duration(
        "Time that a heal must hold before it counts as healed.", default="`5s`"
    )
    heal_budget: int | None = whole(
        "Heals allowed on this host within `heal_window`; what goes beyond waits.",
        between=(1, 1000),
        default="20",
    )
    heal_window: Duration | None = duration("See `heal_budget`.", default="`10m`")
    delays: list[Duration] | None = key(
        "Time before the first, second, ... start after failures in a row; the last one holds for "
        "ever.",
        'a list of durations that do not get shorter, like [0, "2s", "1m"]',
        default='`[0, "2s", "10s", "1m", "15m"]`',
        schema={"type": "array", "items": SECONDS, "minItems": 1, "maxItems": 20},
    )
    decay: Duration | None = duration(
        "Healthy time in one piece that takes one failure off that count.", default="`10m`"
    )
    breaker: int | None = whole(
        "When more than this share of the services (in %, and at least 4) fails at once, one at a "
        "time is healed and the others are spared.",
        between=(1, 100),
        default="40",
    )
    allow: AllowSection | None = key(
        "What it may do to the machine without asking.",
        'a table like { actions = ["vacuum-journal"] }',
        default="nothing",
    )
    chronic: int | None = whole(
        "So many heals of one service in 24 hours are too many, although each of them worked.",
        between=(2, 1000),
        default="5",
    )
    ping: str | None = key(
        "A GET on this URL tells a service outside that this watchdog lives; that one alarms when "
        "it hears nothing.",
        "a URL with http or https, or `env:NAME` or `file:PATH`",
        default="none",
        schema={"type": "string", "minLength": 1},
    )
    ping_interval: Duration | None = duration("Time between two pings.", default="`1m`")


@dataclass
class File:
    """A whole `vrooli.toml`.

    Attributes:
        backup: None where it was not written: that is another thing than an empty one.
    """

    stack: StackSection = field(default_factory=StackSection)
    resources: dict[str, ResourceSection] = field(default_factory=dict)
    scenarios: dict[str, ScenarioSection] = field(default_factory=dict)
    jobs: dict[str, JobSection] = field(default_factory=dict)
    maintenance: dict[str, MaintenanceSection] = field(default_factory=dict)
    autoheal: AutohealSection = field(default_factory=AutohealSection)
    checks: dict[str, CheckSection] = field(default_factory=dict)
    mcp: dict[str, McpSection] = field(default_factory=dict)
    notify: NotifySection = field(default_factory=NotifySection)
    fleet: FleetSection = field(default_factory=FleetSection)
    backup: BackupSection | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """What is said about a key.

    Attributes:
        section: the section below it, when its value is a table of known keys.
        named: whether that section stands below names of its own (`[section.key.NAME]`).
    """

    name: str
    doc: str
    expects: str
    default: str
    example: str
    schema: Any
    hint: Any
    section: type | None
    named: bool


def keys(section: type) -> Iterator[Key]:
    """The keys of a section, those that it does not inherit first.

    Options of a kind may do without metadata: then the type says what is expected and the docstring
    what it means.
    """
    own = vars(section).get("__annotations__", {})
    hints = get_type_hints(section)
    documented = _attribute_docs(section)
    for item in sorted(fields(section), key=lambda item: item.name not in own):
        said, hint = item.metadata.get(SAID, {}), hints[item.name]
        table, named = _table(hint)
        yield Key(
            name=item.name,
            doc=said.get("doc") or documented.get(item.name, ""),
            expects=said.get("expects") or _words(hint),
            default=said.get("default") or _default_words(item.default),
            example=said.get("example", ""),
            schema=said.get("schema"),
            hint=hint,
            section=table,
            named=named,
        )


def summary(section: type) -> str:
    """What a section is, the first paragraph of its docstring."""
    return " ".join((section.__doc__ or "").partition("\n\n")[0].split())


def _table(hint: Any) -> tuple[type | None, bool]:
    for choice in choices(hint):
        if isinstance(choice, type) and is_dataclass(choice):
            return choice, False
        if get_origin(choice) is dict and is_dataclass(get_args(choice)[1]):
            return get_args(choice)[1], True
    return None, False


def choices(hint: Any) -> tuple[Any, ...]:
    """The types that a hint allows, without None, which TOML does not have."""
    found = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return tuple(choice for choice in found if choice is not NoneType)


_WORDS = {str: "a text", bool: "`true` or `false`", int: "a whole number", float: "a number"}


def _words(hint: Any) -> str:
    found: list[str] = []
    for choice in choices(hint):
        origin = get_origin(choice) or choice
        if origin is Literal:
            found += [f'"{value}"' for value in get_args(choice)]
        else:
            table = isinstance(origin, type) and issubclass(origin, Mapping)
            inside = f"a table (each value {_words(get_args(choice)[1])})" if table else "a list"
            found.append(_WORDS.get(origin, inside))
    return " or ".join(found)


def _default_words(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if isinstance(value, str | int | float) and value != "" else ""


_ATTRIBUTE = re.compile(r"^ {4,8}(\w+(?:, \w+)*): (.+(?:\n {9,}\S.*)*)", re.MULTILINE)


def _attribute_docs(section: type) -> dict[str, str]:
    """The `Attributes:` of a docstring, by name."""
    _, _, attributes = (section.__doc__ or "").partition("Attributes:")
    return {
        name: " ".join(text.split())
        for names, text in _ATTRIBUTE.findall(attributes)
        for name in names.split(", ")
    }
