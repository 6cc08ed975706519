"""`[maintenance.NAME]`: what is read, and what is wrong with it."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.stackfile import StackFile
from vrooli.stack.compiled import read_compiled, write_compiled
from vrooli.stack.diff import difference
from vrooli.stack.model import Maintenance, Stack

SUNDAY = """
    [resources.db]
    kind = "postgres"
    [scenarios.web]
    command = ["web"]
    port = 8000
    instances = 2
    [maintenance.updates]
    schedule = "0 3 * * SUN"
    duration = "2h"
    services = ["web", "db"]
    timezone = "Europe/Berlin"
    why = "weekly updates"
    until_green = true
"""
UPDATES = Maintenance(
    name="updates",
    schedule="0 3 * * SUN",
    duration=7200.0,
    services=("db", "web-1", "web-2"),
    timezone="Europe/Berlin",
    why="weekly updates",
    until_green=True,
)


def window(lines: str) -> str:
    """A stack with one window with these lines."""
    return f'[scenarios.web]\ncommand = ["web"]\n[maintenance.a]\n{lines}'


def test_every_key_is_read_and_instances_are_named(file: StackFile) -> None:
    assert file.load(SUNDAY).maintenance == {"updates": UPDATES}


def test_a_schedule_and_a_duration_are_enough(file: StackFile) -> None:
    found = file.load(window('schedule = "every 6h"\nduration = 60')).maintenance["a"]
    assert found == Maintenance("a", "every 6h", 60.0)


def test_a_window_may_last_for_days(file: StackFile) -> None:
    found = file.load(window('schedule = "every 7d"\nduration = "2d"')).maintenance["a"]
    assert found == Maintenance("a", "every 7d", 172_800.0)


def test_one_instance_may_be_named(file: StackFile) -> None:
    stack = file.load(SUNDAY.replace('["web", "db"]', '["web-2"]'))
    assert stack.maintenance["updates"].services == ("web-2",)


def test_the_compiled_stack_holds_them_and_that_of_an_earlier_release_none(
    file: StackFile, tmp_path: Path
) -> None:
    stack, path = file.load(SUNDAY), tmp_path / "stack.json"
    write_compiled(stack, path)
    assert read_compiled(path).maintenance == {"updates": UPDATES}
    earlier = stack.to_json()
    del earlier["maintenance"]
    assert Stack.from_json(earlier).maintenance == {}


def test_an_edit_is_one_of_the_settings(file: StackFile) -> None:
    before = file.load(SUNDAY)
    after = replace(before, maintenance={"updates": replace(UPDATES, duration=60.0)})
    assert difference(before, after).settings == ("maintenance.updates",)
    assert difference(before, replace(before, maintenance={})).settings == ("maintenance.updates",)


GOOD = 'schedule = "0 3 * * *"\nduration = "2h"\n'


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('duration = "2h"', "3: maintenance.a.schedule: needs a `schedule`"),
        ('schedule = "0 3 * * *"', "3: maintenance.a.duration: needs a `duration`"),
        ('schedule = "daily"\nduration = "2h"', "4: maintenance.a.schedule: expected five fields"),
        ('schedule = "0 3 * * *"\nduration = 0', "5: maintenance.a.duration: expected a duration"),
        (
            'schedule = "0 3 * * *"\nduration = "200h"',
            "5: maintenance.a.duration: longer than a week",
        ),
        (f'{GOOD}services = ["wep"]', "6: maintenance.a.services: there is no service `wep` in"),
        (f"{GOOD}services = []", "6: maintenance.a.services: names no service"),
        (f'{GOOD}timezone = "Europe/Berlim"', "6: maintenance.a.timezone: this machine knows no"),
        (f'{GOOD}why = "a\\nb"', "6: maintenance.a.why: expected one line of text"),
        (f'{GOOD}until = "green"', "6: maintenance.a.until: unknown key `until`"),
        (f"{GOOD}[autoheal]\nenabled = false", "there is nothing to hold back"),
    ],
)
def test_a_mistake_is_named_with_its_line(file: StackFile, lines: str, problem: str) -> None:
    found = file.problems(window(lines))
    assert any(problem in line for line in found), found


def test_names_are_checked_and_bounded(file: StackFile) -> None:
    found = file.problems('[maintenance."A b"]\nschedule = "every 1h"\nduration = 60')
    assert any("expected" in line for line in found)
    many = "".join(
        f'[maintenance.a{n}]\nschedule = "every 1h"\nduration = 60\n' for n in range(101)
    )
    assert any("more than 100 windows" in line for line in file.problems(many))
