"""The page of environment variables. What the code reads and what stands here are compared by a
test.
"""

from dataclasses import dataclass

from scripts.reference_markdown import table
from vrooli.stack.launching import PASSED_ON

HEAD = """\
# Environment variables

A variable marked with * may be given as `NAME_FILE` instead: the path of a file that holds the
value. Giving both is an error.

"""

SERVICES = """
## What a service finds

A service inherits only {passed_on}.
Everything else is said by `env` in [`vrooli.toml`](vrooli-toml.md). Under another user
(started by root), `HOME` is the service's data folder.

"""


@dataclass(frozen=True)
class Variable:
    """One variable that we read or set."""

    name: str
    meaning: str
    default: str = "-"
    or_file: bool = False


COMMANDS = (
    Variable(
        "AWS_ACCESS_KEY_ID",
        "With `AWS_SECRET_ACCESS_KEY`: opens the bucket that `vrooli recover` reads, and stores"
        " for which the stack file names no keys.",
        "what the machine gives (roles of Amazon's machines)",
    ),
    Variable("AWS_REGION", "Region of a bucket for which the stack file names none.", "us-east-1"),
    Variable(
        "VROOLI_HOME",
        "Home folder of the stack, see [files](files.md).",
        "`/var/lib/vrooli/STACK` for root, else `$XDG_STATE_HOME/vrooli/STACK`",
    ),
    Variable(
        "SSH_CONNECTION",
        "Set by sshd: `up` and `console link` print the command of a tunnel to the console.",
        "no tunnel is named",
    ),
    Variable("XDG_STATE_HOME", "Where homes lie for those who are not root.", "`~/.local/state`"),
    Variable(
        "XDG_RUNTIME_DIR",
        "Where the run folder with the sockets lies, for those who are not root.",
        "`/run/user/UID`, or `/tmp/vrooli-UID` where there is none",
    ),
    Variable(
        "XDG_CONFIG_HOME",
        "In it `vrooli/login.json` keeps the session of `vrooli login`; and below it `init --scan`"
        " looks for units of systemd, for those who are not root.",
        "`~/.config`",
    ),
    Variable(
        "VROOLI_SERVER",
        "Which server `run`, `routine`, `user` and `key` ask, as `http://HOST:PORT`.",
        "the one of the stack, else the one that `login` named",
    ),
    Variable(
        "VROOLI_API_KEY",
        "As whom they ask it: a key of `vrooli key create`.",
        "the session of `vrooli login`, else the token of the stack",
        or_file=True,
    ),
    Variable("NO_COLOR", "Set to anything: no colours.", "colours on a terminal"),
    Variable("TERM", "`dumb`: no bars, lines instead.", "what the terminal says it is"),
    Variable("VROOLI_CALLED_AS", "Set by the launchers: how hints name the command.", "`vrooli`"),
    Variable(
        "DOCKER_HOST",
        "Where the Docker Engine listens, when `vrooli.toml` does not say. Only `unix://`.",
        "`/run/docker.sock`",
    ),
    Variable("TZ", "Local time, in which schedules of jobs are read.", "that of the system"),
    Variable("PATH", "Where the programs of services are searched."),
    Variable("SUDO_USER", "Set by sudo: `install` does not take another one's stack for root's."),
)

UNIT = (
    Variable("NOTIFY_SOCKET", "Where the keeper says that it is ready, and that it lives."),
    Variable("WATCHDOG_USEC", "How often it must say so, in microseconds."),
    Variable("WATCHDOG_PID", "Who must say so."),
    Variable("MAINPID", "The keeper, for the command that stops a unit; not set when it is gone."),
)

SERVER = (
    Variable("DATABASE_URL", "Its PostgreSQL; needed.", or_file=True),
    Variable(
        "REDIS_URL",
        "Its Redis, or none; of `vrooli worker` too, the same for all on one database.",
        or_file=True,
    ),
    Variable("HOST", "Address to listen on.", "`127.0.0.1`", or_file=True),
    Variable("PORT", "Port to listen on; 0 lets the kernel choose.", "3001", or_file=True),
    Variable(
        "DRAIN_SECONDS",
        "Seconds that requests in flight, and steps that must not be repeated, get after SIGTERM.",
        "10",
        or_file=True,
    ),
    Variable(
        "VROOLI_DATA",
        "A folder of its own: heap dumps (`dumps/`), `metrics.token` and `signing-key`.",
        "`VROOLI_HOME`",
        or_file=True,
    ),
    Variable(
        "VROOLI_FILES",
        "A folder for the files that steps of runs write; the instances of a server in one stack "
        "share it, as all should that take the same runs.",
        "`work` in `VROOLI_DATA`",
    ),
    Variable(
        "VROOLI_HOME",
        "Home folder of the stack; needed where `VROOLI_DATA` is not set.",
        or_file=True,
    ),
    Variable(
        "VROOLI_SERVER_TOKEN_FILE",
        "File with the token that callers must show.",
        "`secrets/operator.token` of the home; `vrooli up` sets it to `server.token`",
    ),
    Variable(
        "VROOLI_METRICS_TOKEN_FILE",
        "File with the token that opens `/metrics` alone; need not exist.",
        "`metrics.token` in `VROOLI_DATA`",
    ),
    Variable(
        "VROOLI_MODELS",
        "Language models that `llm` steps may ask, as TOML, see "
        "[use models](../how-to/use-models.md).",
        "the model `test` alone",
        or_file=True,
    ),
    Variable(
        "VROOLI_MCP",
        "Servers of tools (MCP) that `llm` steps may name, as TOML or JSON: the tables of "
        "`[mcp.NAME]`, called by their names alone, with times in seconds; see "
        "[use MCP servers](../how-to/use-mcp-servers.md).",
        "none; `vrooli up` sets it from `[mcp.NAME]`",
        or_file=True,
    ),
    Variable(
        "VROOLI_KEEP_COMPLETED",
        "Days for which a completed run is kept after its end, or `forever`.",
        "30",
        or_file=True,
    ),
    Variable("VROOLI_KEEP_FAILED", "The same for one that failed.", "90", or_file=True),
    Variable("VROOLI_KEEP_CANCELLED", "The same for one that was cancelled.", "30", or_file=True),
    Variable(
        "VROOLI_QUEUES",
        "Queues whose runs it works on, with commas between the names.",
        "`default`",
        or_file=True,
    ),
    Variable(
        "VROOLI_SLOTS",
        "Runs that it works on at the same time; a server works on none at 0.",
        "100",
        or_file=True,
    ),
    Variable(
        "VROOLI_RATE",
        "Requests a second that one caller may send, ten times as many at once; 0 is no limit.",
        "200",
        or_file=True,
    ),
    Variable(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "Collector that traces are sent to, as `http/protobuf`; see [metrics and"
        " traces](../how-to/scrape-with-prometheus.md#traces). The other variables of OpenTelemetry"
        " mean what they mean elsewhere.",
        "no traces",
    ),
    Variable(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "The same, with its path; counts before it.", "-"
    ),
    Variable("OTEL_EXPORTER_OTLP_PROTOCOL", "`http/protobuf`: no other one is spoken.", "that"),
    Variable("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "The same.", "that"),
    Variable("OTEL_TRACES_EXPORTER", "`none`: no traces.", "`otlp`"),
    Variable("OTEL_SDK_DISABLED", "`true`: no traces.", "`false`"),
    Variable(
        "OTEL_SERVICE_NAME",
        "What the process is called in them.",
        "`vrooli-server`, `vrooli-worker`",
    ),
    Variable("OTEL_RESOURCE_ATTRIBUTES", "What else is told of the process, as `name=value,...`."),
    Variable(
        "VROOLI_STEP_SECRETS",
        "References that steps of routines may use, with blanks between them: `file:PATH`,"
        " `env:NAME`, or just `NAME` for the latter: `vrooli.toml` would look `env:NAME` up.",
        "none",
        or_file=True,
    ),
    Variable(
        "VROOLI_STEP_FOLDERS",
        "Absolute paths of git repositories that steps of routines may read, with `:` between"
        " them.",
        "none",
        or_file=True,
    ),
)

CONSOLE = (
    Variable("HOST", "Address to listen on.", "`127.0.0.1`"),
    Variable("PORT", "Port to listen on.", "3003"),
    Variable(
        "VROOLI_WATCHDOG",
        "The watchdog that it shows, as `http://HOST:PORT`.",
        "`http://127.0.0.1:3002`; `vrooli up` sets it",
    ),
    Variable(
        "VROOLI_SERVER",
        "The server that it asks about the work.",
        "health alone is shown; `vrooli up` sets it",
    ),
    Variable(
        "VROOLI_DATA",
        "A folder of its own: `console-key`, `signing-key`, and who is signed in.",
        "`VROOLI_HOME`, with the keys in `secrets`",
        or_file=True,
    ),
    Variable(
        "VROOLI_ORIGINS",
        "Further addresses at which browsers find it, those of a proxy, with blanks between them:"
        " `https://HOST[:PORT]`.",
        "this machine alone",
    ),
    Variable(
        "VROOLI_PROXIES",
        "IP addresses or networks of those proxies, with blanks between them: where they say in"
        " `X-Forwarded-For` that a request comes from, there its tries of passwords count.",
        "tries count for whoever connects, a proxy as anybody",
    ),
    Variable("VROOLI_TLS_CERTIFICATE", "PEM file; with it the console speaks HTTPS.", "HTTP"),
    Variable("VROOLI_TLS_KEY", "PEM file with the key of that.", "HTTP"),
    Variable(
        "VROOLI_PLAIN_HTTP",
        "`yes`: it may listen beyond this machine without TLS.",
        "it refuses to",
    ),
    Variable(
        "VROOLI_STATUS_PAGE",
        "`public`: `/status` and badges are open to everybody.",
        "to who is signed in",
    ),
)

FOUND = (
    Variable("VROOLI_SERVICE", "Its name, with its number where there are several."),
    Variable("VROOLI_JOB", "Of a job, its name; instead of the one above, PORT and HOST."),
    Variable("VROOLI_HOME", "The home folder of the stack."),
    Variable("PORT", "Where it shall listen, if it declares a port."),
    Variable("HOST", "The address for that."),
    Variable(
        "VROOLI_MARK",
        "In a unit that is made for it, instead of the next one: what it was declared as.",
    ),
    Variable("PGPASSWORD", "Of a receiver of WAL: the superuser's of its PostgreSQL."),
    Variable("VROOLI_LAUNCH", "Marks all that one start began, so that it can be found again."),
)


def environment() -> str:
    """What is read by whom, and what a service finds."""
    passed_on = ", ".join(f"`{name}`" for name in PASSED_ON)
    heads = "variable | meaning | without it"
    return (
        HEAD
        + f"## Read by every command and by the watchdog\n\n{table(heads, map(_row, COMMANDS))}"
        + "\nReferences `env:NAME` in `vrooli.toml` are read from the environment of the `vrooli"
        + " up` that had them last.\n"
        + "\n## Set by systemd for the unit of `vrooli-autoheal install`\n\n"
        + table("variable | meaning", ((f"`{v.name}`", v.meaning) for v in UNIT))
        + "\n## Read by `vrooli serve`, `vrooli worker` and `vrooli migrate`\n\n"
        + "The stack sets them; they matter to whoever runs a server by hand. `vrooli migrate`"
        + " reads `DATABASE_URL` alone; a worker listens nowhere, and needs no token.\n\n"
        + table(heads, map(_row, SERVER))
        + "\n## Read by `vrooli console`\n\nOf the one of the stack they stand below `env` of"
        + " `[scenarios.console]`, see [use the console](../how-to/use-the-console.md).\n\n"
        + table(heads, map(_row, CONSOLE))
        + SERVICES.format(passed_on=passed_on)
        + table("variable | meaning", ((f"`{v.name}`", v.meaning) for v in FOUND))
    )


def documented() -> set[str]:
    """Names of all variables on the page."""
    return {variable.name for variable in (*COMMANDS, *UNIT, *SERVER, *CONSOLE, *FOUND)} | set(
        PASSED_ON
    )


def _row(variable: Variable) -> tuple[str, str, str]:
    star = "*" if variable.or_file else ""
    return f"`{variable.name}`{star}", variable.meaning, variable.default
