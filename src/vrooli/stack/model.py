"""The compiled stack: what runs here, with every default filled in and every name checked.

Standard library only: the watchdog reads this from `stack.json` without pydantic. `load.py` makes
it from `vrooli.toml`. All durations are seconds.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from vrooli.core.limits import NO_LIMITS, Limits
from vrooli.stack.backup_settings import BackupSettings

Role = Literal["resource", "scenario"]
Heal = Literal["auto", "shadow", "watch", "off"]
ProbeType = Literal["http", "tcp", "sql", "exec", "process", "kind"]

AUTOHEAL = "autoheal"
"""The scenario that is the watchdog itself; the keeper runs it."""


@dataclass(frozen=True, slots=True)
class Health:
    """How to find out whether a service is healthy.

    Attributes:
        type: which probe; `kind` asks the resource kind, `process` only looks at the process.
        target: http: path or URL; tcp: port; sql: the query; exec: unused.
        command: exec: the program and its arguments; exit 0 ok, 1 warning, 2 critical, else unknown
            (Nagios).
        interval: seconds between looks, at least 0.5.
        timeout: seconds for one look, at most 0.9 of the interval by default, so that a look ends
            before the next.
        failures: looks that must fail in a row before a service counts as hung.
        over: seconds that those failures must span.
    """

    type: ProbeType = "process"
    target: str = ""
    command: tuple[str, ...] = ()
    interval: float = 5.0
    timeout: float = 4.5
    failures: int = 2
    over: float = 0.0


@dataclass(frozen=True, slots=True)
class Service:
    """One thing that the stack runs. With `instances = 3`, `web` is compiled to `web-1`, `web-2`,
    `web-3` of group `web`.

    Attributes:
        name: unique in the stack.
        group: the declared name; equal to `name` for a single instance.
        role: resource or scenario.
        kind: resource kind; `scenario` for scenarios.
        runtime: process, external, or the manager that holds it (docker, systemd).
        held: by which its manager knows it: the name of a container or unit.
        command: argv for runtime `process` where the kind does not know its own, and for a unit
            that is made.
        limits: what it may use, where its unit is made.
        cwd: absolute working directory; empty: the service's data folder.
        env: literal values, or references (`env:NAME`, `file:PATH`, `resource:NAME` for a
            resource's URL).
        user: system user; empty: the default (the service user when started by root).
        host, port: where it listens; port 0 when it does not. The process gets PORT.
        url: of an `external` one; a literal without password, or a reference.
        needs: groups that must be healthy first.
        critical: whether its failure makes the whole stack critical, else warning.
        stop_signals: names without SIG, sent in order, `stop_timeout` apart in all; KILL comes last
            by itself.
        reload_signal: name without SIG that makes it read its settings anew; empty: it has none.
        config_test: argv of a program that fails when its settings are wrong; empty: it has none.
        ladder: actions when it runs and does not answer, mildest first; empty: the usual ones.
        heal: auto, shadow (decided about, never touched), watch (seen, never touched) or off (not
            even probed).
        options: keys that only this kind knows.
    """

    name: str
    group: str
    role: Role
    kind: str
    runtime: str = "process"
    held: str = ""
    command: tuple[str, ...] = ()
    cwd: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    url: str = ""
    health: Health = Health()
    needs: tuple[str, ...] = ()
    critical: bool = True
    start_timeout: float = 60.0
    stop_timeout: float = 10.0
    stop_signals: tuple[str, ...] = ("TERM",)
    reload_signal: str = ""
    config_test: tuple[str, ...] = ()
    ladder: tuple[str, ...] = ()
    heal: Heal = "auto"
    options: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = NO_LIMITS

    @property
    def managed(self) -> bool:
        """Whether we start and stop it. What a manager holds is left alone, by `up` and `down` as
        well, while it is only watched: so one adopts what serves already.
        """
        only_watched = self.is_held and not self.is_made and self.heal in ("watch", "off")
        return self.runtime != "external" and not only_watched

    @property
    def is_held(self) -> bool:
        """Whether a manager that is not ours runs it for us."""
        return bool(self.held)

    @property
    def is_made(self) -> bool:
        """Whether that manager runs what we have made it: a unit with our command, which is there
        while we want it. It has our log, and takes on what is declared, as a process of ours.
        """
        return bool(self.held and self.command)

    @property
    def is_watchdog(self) -> bool:
        """Whether this is the watchdog itself."""
        return self.group == AUTOHEAL and self.role == "scenario"

    @property
    def check_id(self) -> str:
        """`resource-postgres`, `scenario-web-1`."""
        return f"{self.role}-{self.name}"


JOB_LAUNCH = "job:"
"""Under such names the keeper records runs of jobs: no service can be called so."""


@dataclass(frozen=True, slots=True)
class Job:
    """A command that runs at its times, to its end.

    Attributes:
        name: unique among jobs.
        command: argv.
        schedule: see `stack.schedule`.
        timezone: an IANA name; empty for the machine's local time.
        timeout: seconds that one run may take.
        catch_up: whether a run follows for times that passed while it could not run.
        nice: 0 to 19, added to the priority number that the keeper has: the higher, the politer.
        env, user, cwd: as of a service.
        needs: groups that must be healthy when it starts.
        retries: how often a failed run is run again, the first time after `retry_delay` seconds.
        critical: whether the whole stack is critical while its last run failed, else warning.
        own: whether it is a command of ours, which runs as whoever brought the stack up.
    """

    name: str
    command: tuple[str, ...]
    schedule: str
    timezone: str = ""
    timeout: float = 3600.0
    catch_up: bool = True
    nice: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    cwd: str = ""
    needs: tuple[str, ...] = ()
    retries: int = 0
    retry_delay: float = 60.0
    critical: bool = True
    own: bool = False

    @property
    def launch_name(self) -> str:
        """Under which the keeper records its runs."""
        return f"{JOB_LAUNCH}{self.name}"

    @property
    def check_id(self) -> str:
        """`job-nightly`; also the name of its log and of its data folder."""
        return f"job-{self.name}"


@dataclass(frozen=True, slots=True)
class Maintenance:
    """`[maintenance.NAME]`: times in which nothing is healed and nobody paged.

    Attributes:
        schedule: when it begins, see `stack.schedule`.
        duration: seconds.
        services: names; none is everything.
        timezone: an IANA name; empty for the machine's local time.
        why: for people.
        until_green: whether it ends when what it covers has failed and is well again.
    """

    name: str
    schedule: str
    duration: float
    services: tuple[str, ...] = ()
    timezone: str = ""
    why: str = ""
    until_green: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where a measured value becomes a warning and where critical: from there upward, or, where
    `critical` is the smaller one, from there downward.
    """

    warning: float
    critical: float

    @property
    def downward(self) -> bool:
        """Whether less is worse."""
        return self.critical < self.warning


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """`[checks.NAME]`: a check of the product with other settings, or one of the user's own.

    Attributes:
        kind: the definition; equal to the name for a check that the product brings.
        enabled: False is never looked at.
        interval, timeout: seconds; None is the check's own.
        thresholds: None are the check's own.
        options: keys that only this check knows.
    """

    kind: str
    enabled: bool = True
    interval: float | None = None
    timeout: float | None = None
    thresholds: Thresholds | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AutohealSettings:
    """`[autoheal]`.

    Attributes:
        host, port: the watchdog's HTTP API.
        sweep: seconds between reconciling sweeps that find what no event told.
        stability: seconds that a verified heal must hold before it counts as healed.
        heal_budget: heals allowed on this host within `heal_window` seconds.
        delays: seconds before the n-th start in a row; the last one holds for ever. By default an
            immediate crasher gets its first start and these: 5 starts in 10 minutes, then one per
            15 minutes, so that it recovers alone when somebody mends it.
        decay: healthy seconds in one piece that take one failure off the count.
        breaker: share of the services that may fail at once before healing them is stopped.
        allow: actions on the machine, by id, that may be taken without asking.
        chronic: heals of a service in 24 hours that are too many, although each of them worked.
        ping: URL of a service outside that expects signs of life, or a reference to one; empty for
            none. Every `ping_interval` seconds.
    """

    host: str = "127.0.0.1"
    port: int = 3002
    sweep: float = 30.0
    stability: float = 5.0
    heal_budget: int = 20
    heal_window: float = 600.0
    delays: tuple[float, ...] = (0.0, 2.0, 10.0, 60.0, 900.0)
    decay: float = 600.0
    breaker: float = 0.4
    chronic: int = 5
    allow: tuple[str, ...] = ()
    ping: str = ""
    ping_interval: float = 60.0


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """`[notify.channels.NAME]`.

    Attributes:
        url: an apprise URL without a secret, or a reference to one.
        severities: what is told there: critical, warning, info.
        second: the channel that stands in while this one fails; empty when none does.
    """

    url: str
    severities: tuple[str, ...] = ()
    second: str = ""


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """`[notify]`.

    Attributes:
        digest: seconds between two digests.
        flood: messages of one channel within `flood_window` seconds before they are summed up.
        resolve_after: seconds that something must be well in one piece before its incident is over.
        channels: by name.
    """

    digest: float = 86_400.0
    flood: int = 10
    flood_window: float = 600.0
    resolve_after: float = 30.0
    channels: Mapping[str, ChannelSettings] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """`[fleet]`.

    Attributes:
        server: URL of the server that takes our history; empty for none.
        token: reference to the token that it gave us.
        every: seconds between two posts.
    """

    server: str = ""
    token: str = ""
    every: float = 15.0


DOCKER = "/run/docker.sock"
"""Where the Docker Engine listens, as it comes."""

DOCKER_HOST = "DOCKER_HOST"
"""The variable in which the `docker` command is told another place."""


@dataclass(frozen=True, slots=True)
class Stack:
    """All that runs here.

    Attributes:
        name: names the home folder.
        services: by name, resources first, in declared order.
        autoheal: settings of the watchdog.
        checks: by name, those that differ from what the product brings.
        notify: who is told, and how.
        fleet: where the history is posted to.
        jobs: by name, in declared order.
        maintenance: by name, in declared order.
        source: the file it was compiled from; empty for the built-in default stack.
        folder: where relative paths start.
        docker: the socket of the Docker Engine.
        docker_from: the variable that said so; empty where the file did, or nobody.
        mcp: names of the servers of tools for models.
        backup: what is kept of it.
    """

    name: str
    services: Mapping[str, Service]
    autoheal: AutohealSettings = AutohealSettings()
    source: str = ""
    folder: str = ""
    checks: Mapping[str, CheckSettings] = field(default_factory=dict)
    notify: NotifySettings = field(default_factory=NotifySettings)
    jobs: Mapping[str, Job] = field(default_factory=dict)
    maintenance: Mapping[str, Maintenance] = field(default_factory=dict)
    docker: str = DOCKER
    docker_from: str = ""
    fleet: FleetSettings = field(default_factory=FleetSettings)
    mcp: tuple[str, ...] = ()
    backup: BackupSettings = field(default_factory=BackupSettings)

    def to_json(self) -> dict[str, Any]:
        """The content of `stack.json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Stack":
        """Read what `to_json` wrote; it is our own file, so a misfit is a KeyError or TypeError,
        translated by the reader.
        """
        return cls(
            name=data["name"],
            services={name: _service(raw) for name, raw in data["services"].items()},
            autoheal=_autoheal(data["autoheal"]),
            jobs={name: _job(raw) for name, raw in data.get("jobs", {}).items()},
            source=data["source"],
            folder=data["folder"],
            checks={name: _check(raw) for name, raw in data["checks"].items()},
            notify=_notify(data.get("notify", {})),
            maintenance={n: _maintenance(raw) for n, raw in data.get("maintenance", {}).items()},
            docker=data.get("docker", DOCKER),
            docker_from=data.get("docker_from", ""),
            fleet=FleetSettings(**data.get("fleet", {})),
            mcp=tuple(data.get("mcp", ())),
            backup=BackupSettings.from_json(data.get("backup", {})),
        )


def _notify(raw: dict[str, Any]) -> NotifySettings:
    """`stack.json` of before there were notifications has none."""
    channels = {
        name: ChannelSettings(**{**channel, "severities": tuple(channel["severities"])})
        for name, channel in raw.get("channels", {}).items()
    }
    return NotifySettings(**{**raw, "channels": channels})


def _maintenance(raw: dict[str, Any]) -> Maintenance:
    return Maintenance(**{**raw, "services": tuple(raw["services"])})


def _job(raw: dict[str, Any]) -> Job:
    return Job(**{**raw, "command": tuple(raw["command"]), "needs": tuple(raw["needs"])})


def _service(raw: dict[str, Any]) -> Service:
    values = dict(raw)
    health = dict(values["health"])
    health["command"] = tuple(health["command"])
    values["health"] = Health(**health)
    for key in ("command", "needs", "stop_signals", "ladder"):
        values[key] = tuple(values[key])
    values["config_test"] = tuple(values.get("config_test", ()))  # an earlier release wrote none
    limits = dict(values.get("limits", {}))
    values["limits"] = Limits(**{**limits, "read_only": tuple(limits.get("read_only", ()))})
    return Service(**values)


def _autoheal(raw: dict[str, Any]) -> AutohealSettings:
    return AutohealSettings(**{**raw, "delays": tuple(raw["delays"]), "allow": tuple(raw["allow"])})


def _check(raw: dict[str, Any]) -> CheckSettings:
    limits = raw["thresholds"]
    return CheckSettings(**{**raw, "thresholds": limits and Thresholds(**limits)})
