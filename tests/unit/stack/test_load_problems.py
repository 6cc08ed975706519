"""What is said about a stack file with mistakes."""

from pathlib import Path

import pytest

from tests.support.stackfile import PYTHON, StackFile
from vrooli.core.errors import ConfigError
from vrooli.stack.find import LARGEST
from vrooli.stack.load import load_stack

WEB = '[scenarios.web]\ncommand = ["web"]\n'
EXTERNAL = '[resources.db]\nkind = "postgres"\nruntime = "external"\n'


def test_an_unknown_key_names_line_path_and_the_nearest_valid_name(file: StackFile) -> None:
    (problem,) = file.problems(f'{WEB}helth = {{ http = "/" }}')
    assert problem.startswith(
        "3: scenarios.web.helth: unknown key `helth`; did you mean `health`? (allowed here: "
    )
    assert "start_timeout" in problem


ONE_PROBLEM = [
    ("[scenari]", "1: scenari: unknown key `scenari`; did you mean `scenarios`?"),
    ("scenarios = 1", "1: scenarios: expected tables, like [scenarios.NAME]"),
    ("[scenarios]\nweb = 1", "2: scenarios.web: expected a table, like [scenarios.web]"),
    ("stack = 1", "1: stack: expected a table, like [stack]"),
    ('[stack]\nname = "A b"', "2: stack.name: expected a name of at most 40"),
    ('[resources.db]\nkind = "postgress"', "2: resources.db.kind: unknown kind `postgress`; did"),
    ("[resources.db]", "1: resources.db.kind: needs the name of a kind (allowed: browserless"),
    ("[resources.db]\nkind = 3", "2: resources.db.kind: needs the name of a kind"),
    (
        '[resources.db]\nkind = "postgres"\ndatabas = "x"',
        "3: resources.db.databas: unknown key `databas`; did you mean `database`?",
    ),
    (
        '[resources.db]\nkind = "postgres"\ndatabase = 3',
        "3: resources.db.database: expected a text; this is a whole number",
    ),
    ("[scenarios.web]", "1: scenarios.web.command: needs a `command`"),
    ("[scenarios.web]\ncommand = []", "2: scenarios.web.command: expected a list of texts"),
    (
        '[scenarios.web]\ncommand = "web --fast"',
        "2: scenarios.web.command: expected a list of texts, like "
        '["python3", "-m", "http.server"]; this is a text',
    ),
    (
        '[scenarios.web]\ncommand = [\n"web",\n3]',
        "4: scenarios.web.command[1]: expected a list of texts",
    ),
    (
        f'{WEB}start_timeout = "5 s"',
        "3: scenarios.web.start_timeout: expected a number of seconds, or text like "
        '"500ms", "5s", "2m", "1h" or "7d"',
    ),
    (
        f"{WEB}start_timeout = true",
        "3: scenarios.web.start_timeout: expected a number of seconds, or text like "
        '"500ms", "5s", "2m", "1h" or "7d"; this is true or false',
    ),
    (f"{WEB}start_timeout = nan", "3: scenarios.web.start_timeout: a number of that size has no"),
    (f"{WEB}start_timeout = 1979-05-27", "3: scenarios.web.start_timeout: a date has no meaning"),
    (f"{WEB}port = 0", "3: scenarios.web.port: expected a whole number from 1 to 65535"),
    (f"{WEB}port = 70000", "3: scenarios.web.port: expected a whole number from 1 to 65535"),
    (f'{WEB}port = "80"', "3: scenarios.web.port: expected a port from 1 to 65535; this is a text"),
    (f"{WEB}port = 65535\ninstances = 2", "3: scenarios.web.port: the ports of the last instances"),
    (f"{WEB}instances = 0", "3: scenarios.web.instances: expected a whole number from 1 to 64"),
    (
        f'{WEB}heal = "atuo"',
        '3: scenarios.web.heal: expected "auto", "shadow", "watch" or "off"; did you mean `auto`?',
    ),
    (
        f'{WEB}runtime = "proces"',
        "3: scenarios.web.runtime: unknown runtime `proces`; did you mean `process`? (allowed: ",
    ),
    (
        '[resources.x]\nkind = "command"\ncommand = ["x"]\nruntime = "external"',
        "4: resources.x.runtime: a command cannot run as `external` (allowed: process, systemd, ",
    ),
    (
        f'{WEB}stop_signal = "TREM"',
        "3: scenarios.web.stop_signal: unknown signal `TREM`; did you mean `TERM`?",
    ),
    (f'{WEB}stop_signal = "KILL"', "3: scenarios.web.stop_signal: KILL cannot ask for an end"),
    (f"{WEB}stop_signal = []", "3: scenarios.web.stop_signal: expected a signal"),
    (f'{WEB}user = "a b"', "3: scenarios.web.user: expected the name of a system user"),
    (f'{WEB}cwd = ""', "3: scenarios.web.cwd: expected one line of text"),
    (f'{WEB}url = "http://x"', '3: scenarios.web.url: only for `runtime = "external"`'),
    (f'{WEB}env = {{ "A B" = "x" }}', "3: scenarios.web.env.A B: expected a variable"),
    (f'{WEB}env = {{ A = "\\u0000" }}', "3: scenarios.web.env.A: a text that the operating"),
    (f"{WEB}env = {{ A = [] }}", "3: scenarios.web.env.A: expected a table of texts"),
    (f'{WEB}env = {{ A = "env:" }}', "3: scenarios.web.env.A: `env:` takes the name of a variable"),
    (f'{WEB}env = {{ A = "file:" }}', "3: scenarios.web.env.A: nothing follows the colon"),
    (f'{WEB}env = {{ A = "vault:x" }}', "3: scenarios.web.env.A: `vault:` is not supported yet"),
    (
        f'{WEB}env = {{ A = "resource:web" }}',
        "3: scenarios.web.env.A: `resource:web` names no resource of this stack",
    ),
    (f"{WEB}health = {{ interval = 0.1 }}", "3: scenarios.web.health.interval: expected a dura"),
    (
        f"{WEB}health = {{ interval = 1, timeout = 2 }}",
        "3: scenarios.web.health.timeout: longer than the interval",
    ),
    (
        f'{WEB}health = {{ http = "/", process = true }}\nport = 1',
        "3: scenarios.web.health.process: expected only one of `http`, `process`",
    ),
    (f'{WEB}health = {{ http = "/" }}', "3: scenarios.web.health.http: a path needs the `port`"),
    (f'{WEB}health = {{ http = "x" }}', "3: scenarios.web.health.http: expected a path"),
    (f"{WEB}health = {{ tcp = true }}", "3: scenarios.web.health.tcp: `true` means the `port`"),
    (f"{WEB}health = {{ tcp = false }}", "3: scenarios.web.health.tcp: expected `true` or a port"),
    (f"{WEB}health = {{ process = false }}", "3: scenarios.web.health.process: expected `true`"),
    (f"{WEB}health = {{ exec = [] }}", "3: scenarios.web.health.exec: expected a list of texts"),
    (
        f'{WEB}health = {{ sql = "SELECT 1" }}',
        "3: scenarios.web.health.sql: which database? set DATABASE_URL",
    ),
    (
        '[resources.r]\nkind = "redis"\nhealth = { sql = "SELECT 1" }',
        "3: resources.r.health.sql: a redis does not answer queries of SQL",
    ),
    (
        f'{WEB}health = {{ htp = "/" }}',
        "3: scenarios.web.health.htp: unknown key `htp`; did you mean `http`?",
    ),
    (
        f'{WEB}needs = ["wbe"]\n[scenarios.wby]\ncommand = ["x"]',
        "3: scenarios.web.needs: needs `wbe`, which is no service of this stack; did you mean ",
    ),
    (f'{WEB}needs = ["web"]', "3: scenarios.web.needs: needs form a cycle: web -> web"),
    (
        f'[resources.web]\nkind = "redis"\n{WEB}',
        "3: scenarios.web: the name `web` is taken by resources.web",
    ),
    ('[scenarios.Web]\ncommand = ["x"]', "1: scenarios.Web: expected a name of at most 40"),
    (
        f'{WEB}instances = 2\n[scenarios.web-2]\ncommand = ["x"]',
        "4: scenarios.web-2: clashes with the names of the instances of `web`",
    ),
    (
        f'{WEB}port = 8000\n[scenarios.b]\ncommand = ["b"]\nport = 8000',
        "6: scenarios.b.port: port 8000 of `b` is also that of `web`; give one of them",
    ),
    (f"{WEB}port = 3002", "3: scenarios.web.port: port 3002 of `web` is also that of `autoheal`"),
    ("# mine\n\n[scenrios.a]", "3: scenrios: unknown key `scenrios`; did you mean `scenarios`?"),
    (EXTERNAL + 'url = "localhost:5432"', "4: resources.db.url: expected a URL like"),
    (EXTERNAL + 'url = "resource:x"', "4: resources.db.url: expected a URL, `env:NAME` or"),
    (
        EXTERNAL + 'url = "env:DB"\ncommand = ["x"]',
        "5: resources.db.command: an external service is not started here",
    ),
    (EXTERNAL + 'url = "env:DB"\nheal = "auto"', "5: resources.db.heal: an external service is"),
    (
        '[resources.x]\nkind = "tcp"',
        "1: resources.x.url: an external service needs its `url`, or `host` and `port`",
    ),
    ("[autoheal]\nenabled = false\n[scenarios.autoheal]", "2: autoheal.enabled: contradicts"),
    ('[scenarios.autoheal]\nneeds = ["x"]', "2: scenarios.autoheal.needs: the watchdog depends"),
    ("[scenarios.autoheal]\ninstances = 2", "2: scenarios.autoheal.instances: there is exactly"),
    (
        "[scenarios.autoheal]\n[scenarios.vrooli-autoheal]",
        "2: scenarios.vrooli-autoheal: the name `autoheal` is taken by scenarios.autoheal",
    ),
    (
        "[autoheal]\nport = 1\n[scenarios.autoheal]\nport = 2",
        "2: autoheal.port: differs from that of [scenarios.autoheal]",
    ),
    ("[autoheal]\nheal_budget = 0", "2: autoheal.heal_budget: expected a whole number from 1"),
    (
        '[checks.system-disk]\nwarning = "80"\ncritical = 90',
        "2: checks.system-disk.warning: expected a number; this is a text",
    ),
    (
        "[checks.system-disk]\nwarn = 80\ncritical = 99",
        "2: checks.system-disk.warn: unknown key `warn`; did you mean `warning`?",
    ),
    (
        "[checks.system-disk]\nwarning = 96",
        "2: checks.system-disk.warning: more is worse here, so `warning` (96) must be below",
    ),
    (
        "[checks.system-dsk]\nwarning = 96",
        "1: checks.system-dsk: there is no such check; did you mean `system-disk`?; one of your",
    ),
    ('[checks.site]\nkind = "endpoint-htp"', "2: checks.site.kind: unknown kind `endpoint-htp`"),
    ('[checks.site]\nkind = "endpoint-http"', "1: checks.site.url: must be written"),
    (
        '[checks.night]\nkind = "heartbeat"\nevery = "1 day"',
        '3: checks.night.every: expected a time like "30m", "12h" or "7d"',
    ),
    (
        '[checks.site]\nkind = "endpoint-http"\nurl = "ftp://x"',
        "3: checks.site.url: this is no http URL",
    ),
    ('[checks.site]\nkind = "endpoint-http"\nurl = "env:a b"', "3: checks.site.url: `env:` takes"),
    (
        '[checks.site]\nkind = "endpoint-http"\nurl = "resource:db"',
        "3: checks.site.url: expected `env:NAME` or `file:PATH`",
    ),
    (
        '[checks.mail]\nkind = "endpoint-tcp"\naddress = "localhost"',
        "3: checks.mail.address: expected a host and a port",
    ),
    (
        '[checks.mail]\nkind = "endpoint-tls"\naddress = "localhost"',
        "3: checks.mail.address: expected a host and a port",
    ),
    (
        '[checks.log]\nkind = "log-pattern"\npath = "/log"\npattern = "("',
        "4: checks.log.pattern: not a regular expression: missing ), unterminated subpattern",
    ),
    (
        '[checks.log]\nkind = "log-pattern"\npath = "/log"\npattern = "x"\nwindow = "5q"',
        "5: checks.log.window: expected a time like",
    ),
    ('[checks.own]\nkind = "exec"\ncommand = []', "3: checks.own.command: names no program"),
    (
        f'{EXTERNAL}url = "env:DB"\n[checks.q]\nkind = "sql"\nresource = "dbs"\nquery = "select 1"',
        "7: checks.q.resource: `dbs` is no resource of kind `postgres`; did you mean `db`?",
    ),
    (
        '[notify.channels.c]\nurl = "json://h/"\nseverities = ["crit"]',
        '3: notify.channels.c.severities[0]: expected a list of "critical", "warning", "info"; did',
    ),
    (
        '[checks.site]\nkind = "endpoint-http"\nurl = "http://x"\nstat = [1]',
        "4: checks.site.stat: unknown key `stat`; did you mean `status`?",
    ),
    (
        '[checks.system-disk]\nkind = "endpoint-http"\nurl = "http://x"',
        "2: checks.system-disk.kind: unknown kind `endpoint-http`",
    ),
    (
        '[checks.system-disk]\ninterval = "5s"\ntimeout = "6s"',
        "3: checks.system-disk.timeout: must not be longer than the interval",
    ),
    ("[checks]\nsystem-disk = 3", "2: checks.system-disk: expected a table"),
]


@pytest.mark.parametrize(("text", "expected"), ONE_PROBLEM)
def test_each_mistake_is_named_once_with_line_and_path(
    file: StackFile, text: str, expected: str
) -> None:
    problems = file.problems(text)
    assert [problem[: len(expected)] for problem in problems] == [expected]


def test_all_mistakes_are_said_at_once_in_the_order_of_lines(file: StackFile) -> None:
    problems = file.problems("""
        [stack]
        nme = "x"
        [resources.db]
        kind = "postgress"
        port = "x"
        [scenarios.web]
        command = "web"
        needs = ["databse", "db"]
        start_timeout = "soon"
        health = { tcp = "x", interval = 0 }
        [scenarios.a]
        command = ["a"]
        needs = ["b"]
        [scenarios.b]
        command = ["b"]
        needs = ["a"]
        [autoheal]
        sweep = []
    """)
    lines = [int(problem.partition(":")[0]) for problem in problems]
    assert lines == [2, 4, 5, 7, 8, 9, 10, 10, 13, 18]
    assert any("a -> b -> a" in problem for problem in problems)
    assert any("needs `databse`" in problem for problem in problems)
    assert not any("`db`, which" in problem for problem in problems)
    assert not any("Input should" in problem for problem in problems)


SECRETS = [
    ('env = { API_KEY = "%s" }', 3),
    ('env = { DB_PASSWORD = "%s" }', 3),
    ('env = { U = "postgres://me:%s@db/x" }', 3),
    ('command = ["web", "redis://:%s@cache"]', 2),
    ('health = { http = "http://me:%s@web/" }', 3),
    ('health = { exec = ["check", "http://me:%s@web/"] }', 3),
    ('runtime = "external"\nurl = "https://me:%s@web/"', 4),
]


@pytest.mark.parametrize(("line", "where"), SECRETS)
def test_a_secret_in_plain_text_is_refused_and_never_repeated(
    file: StackFile, line: str, where: int
) -> None:
    head = "[scenarios.web]\n"
    if not line.startswith(("command", "runtime")):
        head = WEB
    if line.startswith("runtime"):
        head += "port = 1\n"
    problems = file.problems(head + line % "hunter2secret")
    assert [int(problem.partition(":")[0]) for problem in problems] == [where]
    assert "env:NAME" in problems[0]
    assert "hunter2secret" not in "".join(problems)


def test_a_secret_among_the_options_of_a_kind_is_refused(file: StackFile) -> None:
    text = '[resources.r]\nkind = "redis"\nsettings = { masterauth_token = "hunter2" }'
    (problem,) = file.problems(text)
    assert problem.startswith("3: resources.r.settings: looks like a secret")
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[stack\nname = 1", ":1:7: not TOML: "),
        (b"a = 1\na = 2", ":2: not TOML: "),
        (b'a = "x', ":1: not TOML: "),
        (b"a = 1\nb = \xff", ":2: not UTF-8 text"),
        (b"a = " + b"[" * 50_000, ": nested too deeply"),
        (b"a = " + b"9" * 5000, ": a number is too long"),
        (b"#" * (LARGEST + 1), ": the stack file is larger than"),
    ],
)
def test_what_is_not_toml_is_named_with_its_place(
    file: StackFile, content: bytes, expected: str
) -> None:
    file.path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_stack(file.path, PYTHON)
    assert f"{file.path}{expected}" in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="vrooli init"):
        load_stack(tmp_path / "none.toml", PYTHON)


def test_deep_but_valid_nesting_is_a_problem_like_any_other(file: StackFile) -> None:
    (problem,) = file.problems("a = " + "[" * 60 + "]" * 60)
    assert problem.startswith("1: a: unknown key `a`")


def test_enormous_numbers_are_refused(file: StackFile) -> None:
    (problem,) = file.problems(f"{WEB}port = 0x{'f' * 5000}")
    assert "has no meaning here" in problem


def test_a_file_of_far_too_many_services_is_refused_before_they_are_read(file: StackFile) -> None:
    many = "".join(f"[scenarios.s{number}]\nmistake = 1\n" for number in range(1001))
    with pytest.raises(ConfigError, match="more than 1000 services") as caught:
        file.load(many)
    assert "mistake" not in str(caught.value)
