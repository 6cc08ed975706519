"""Services for which a unit is made, in a stack file."""

import pytest

from tests.support.stackfile import PYTHON, StackFile
from vrooli.core.limits import NO_LIMITS, Limits
from vrooli.stack import sizes
from vrooli.stack.diff import difference, fingerprint
from vrooli.stack.load import load_stack
from vrooli.stack.model import Service, Stack

NAMED = '[stack]\nname = "shop"\n'
WEB = '[scenarios.web]\nruntime = "systemd"\ncommand = ["web"]\n'
TABLE = "[scenarios.web.limits]\n"


def web(file: StackFile, text: str = "") -> Service:
    """With these further lines."""
    return file.load(f"{NAMED}{WEB}{text}").services["web"]


def test_a_command_in_the_place_of_a_unit_makes_one(file: StackFile) -> None:
    made = web(
        file, 'env = { A = "b" }\nuser = "me"\nport = 80\nheal = "watch"\nstop_signal = "INT"'
    )
    assert (made.held, made.is_made, made.limits) == ("vrooli-shop@web.service", True, NO_LIMITS)
    assert (made.managed, made.health.type, made.env["A"]) == (True, "tcp", "b")
    stack = file.load(f"{NAMED}{WEB}instances = 2")
    assert stack.services["web-2"].held == "vrooli-shop@web-2.service"
    kind = (
        '[resources.q]\nkind = "command"\nruntime = "systemd"\ncommand = ["q"]\nurl = "amqp://x:1"'
    )
    assert file.load(kind).services["q"].held == "vrooli-default@q.service"


def test_no_two_homes_have_the_same(file: StackFile) -> None:
    file.path.write_text(f"{NAMED}{WEB}", encoding="utf-8")
    stack = load_stack(file.path, PYTHON, own_unit=lambda name: f"vrooli-{name}-0123abcd")
    assert stack.services["web"].held == "vrooli-shop-0123abcd@web.service"


def test_limits_are_what_was_written(file: StackFile) -> None:
    keys = 'memory = "1.5G"\ntasks = 200\ncpu = 150\nfiles = 4096\nno_new_privileges = true\n'
    more = 'private_tmp = true\nprotect_home = false\nread_only = ["/etc", "data"]'
    made = web(file, f"{TABLE}{keys}{more}")
    assert made.limits == Limits(
        memory=1536 * 2**20,
        tasks=200,
        cpu=150,
        files=4096,
        no_new_privileges=True,
        private_tmp=True,
        read_only=("/etc", str(file.path.parent / "data")),
    )
    assert web(file, "limits = { memory = 1048576 }").limits == Limits(memory=2**20)
    stack = file.load(f"{NAMED}{WEB}{TABLE}{keys}{more}")
    assert Stack.from_json(stack.to_json()) == stack


def test_a_limit_is_part_of_what_it_was_started_with_and_others_are_as_before(
    file: StackFile,
) -> None:
    before = file.load(f"{WEB}limits = {{ tasks = 5 }}")
    after = file.load(f"{WEB}limits = {{ tasks = 6 }}")
    [change] = difference(before, after).changed
    assert (change.keys, change.restart) == (("limits.tasks",), True)
    # Of a process as it was before there were limits: an update of ours restarts nothing.
    process = Service("web", "web", "scenario", "scenario", command=("web",))
    assert fingerprint(process) == "831c9b3551c441d4"


_MEMORY = f"5: scenarios.web.limits.memory: expected {sizes.EXPECTED}"

ONE_PROBLEM = [
    (f"{WEB}limits = 3", "4: scenarios.web.limits: expected a table like { memory"),
    (f"{WEB}limits = {{ ram = 1 }}", "4: scenarios.web.limits.ram: unknown key `ram`"),
    (f"{WEB}{TABLE}private-tmp = true", "5: scenarios.web.limits.private-tmp: unknown key"),
    (f'{WEB}{TABLE}memory = "1 GB"', "5: scenarios.web.limits.memory: expected a number of bytes"),
    (f'{WEB}{TABLE}memory = "64 MiB"', _MEMORY + '; did you mean "64M"?'),
    (f'{WEB}{TABLE}memory = "1.5gb"', _MEMORY + '; did you mean "1.5G"?'),
    (f"{WEB}{TABLE}memory = 1000", "5: scenarios.web.limits.memory: expected a size from 1M"),
    (f"{WEB}{TABLE}tasks = 0", "5: scenarios.web.limits.tasks: expected a whole number from 1"),
    (f'{WEB}{TABLE}cpu = "50%"', "5: scenarios.web.limits.cpu: expected a whole number from 1"),
    (f'{WEB}{TABLE}read_only = [" "]', "5: scenarios.web.limits.read_only: expected paths"),
    (
        '[scenarios.web]\ncommand = ["web"]\nlimits = { tasks = 5 }',
        '3: scenarios.web.limits: a process of its own has no limits; add `runtime = "systemd"`',
    ),
    (
        '[scenarios.web]\nruntime = "systemd"\nunit = "web.service"\nlimits = { tasks = 5 }',
        "4: scenarios.web.limits: the unit has limits of its own",
    ),
    (
        '[scenarios.web]\nruntime = "docker"\ncontainer = "web"\nlimits = { tasks = 5 }',
        "4: scenarios.web.limits: the container has limits of its own",
    ),
    (
        '[scenarios.web]\nruntime = "external"\nurl = "http://x"\nlimits = { tasks = 5 }',
        "4: scenarios.web.limits: what runs elsewhere is limited there",
    ),
    (f'{WEB}unit = "web.service"', "3: scenarios.web.command: the unit has that already"),
    (f'{WEB}stop_signal = ["INT", "TERM"]', "4: scenarios.web.stop_signal: a unit is sent one"),
    (f'{WEB}container = "x"', '4: scenarios.web.container: only for `runtime = "docker"`'),
    (
        '[scenarios.web]\nruntime = "systemd"\ncommand = []',
        "3: scenarios.web.command: expected a list of texts",
    ),
    (
        '[scenarios.web]\nruntime = "systemd"\nunit = "vrooli-other@web.service"',
        "3: scenarios.web.unit: was made for a service, perhaps of another stack",
    ),
    (
        '[resources.db]\nkind = "redis"\nruntime = "systemd"\ncommand = ["redis-server"]',
        "3: resources.db.runtime: a redis brings its own program",
    ),
]


@pytest.mark.parametrize(("text", "expected"), ONE_PROBLEM)
def test_what_does_not_fit_is_named_with_its_line(
    file: StackFile, text: str, expected: str
) -> None:
    problems = file.problems(text)
    assert any(problem.startswith(expected) for problem in problems), problems


ALONE = [
    (
        f'[scenarios.web]\nruntime = "systemd"\nenv = {{ A = "b" }}\n{TABLE}tasks = 5',
        "1: scenarios.web.command: needs a `command`",
    ),
    (
        f'{WEB.replace("""["web"]""", """"web" """)}env = {{ A = "b" }}\n{TABLE}tasks = 5',
        "3: scenarios.web.command: expected a list of texts",
    ),
    (
        f"{WEB.replace('systemd', 'sytemd')}{TABLE}tasks = 5",
        "2: scenarios.web.runtime: unknown runtime `sytemd`; did you mean `systemd`?",
    ),
]


@pytest.mark.parametrize(("text", "expected"), ALONE)
def test_one_mistake_is_one_problem(file: StackFile, text: str, expected: str) -> None:
    [problem] = file.problems(text)
    assert problem.startswith(expected)
