"""What the Task Scheduler of Windows is told, and what its answers mean."""

import re
from xml.etree import ElementTree

import pytest

from tests.support.units import ALICES, CONTENTS, SYSTEM, contents
from vrooli.autoheal.service_manager import Contents, Unit
from vrooli.autoheal.watchdog.windows import MANAGER
from vrooli.core.ports.programs import Answer

SPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
BOOLEAN, DURATION = r"true|false", r"PT(0S|\d+[SMH])"
SCHEMA: dict[str, dict[str, str]] = {
    "Task": {
        "RegistrationInfo": "",
        "Triggers": "",
        "Principals": "",
        "Settings": "",
        "Actions": "",
    },
    "RegistrationInfo": {"Author": ".+", "Description": ".+", "URI": r"\\.+"},
    "Triggers": {"BootTrigger": "", "LogonTrigger": ""},
    "BootTrigger": {"Enabled": BOOLEAN},
    "LogonTrigger": {"Enabled": BOOLEAN, "UserId": ".+"},
    "Principals": {"Principal": ""},
    "Principal": {
        "UserId": ".+",
        "LogonType": "S4U|Password|InteractiveToken|InteractiveTokenOrPassword",
        "RunLevel": "LeastPrivilege|HighestAvailable",
    },
    "Settings": {
        "MultipleInstancesPolicy": "Parallel|Queue|IgnoreNew|StopExisting",
        "DisallowStartIfOnBatteries": BOOLEAN,
        "StopIfGoingOnBatteries": BOOLEAN,
        "AllowHardTerminate": BOOLEAN,
        "StartWhenAvailable": BOOLEAN,
        "RunOnlyIfNetworkAvailable": BOOLEAN,
        "IdleSettings": "",
        "AllowStartOnDemand": BOOLEAN,
        "Enabled": BOOLEAN,
        "Hidden": BOOLEAN,
        "RunOnlyIfIdle": BOOLEAN,
        "WakeToRun": BOOLEAN,
        "ExecutionTimeLimit": DURATION,
        "Priority": r"\d|10",
        "RestartOnFailure": "",
    },
    "IdleSettings": {"StopOnIdleEnd": BOOLEAN, "RestartOnIdle": BOOLEAN},
    "RestartOnFailure": {"Interval": DURATION, "Count": r"[1-9]\d{0,2}"},
    "Actions": {"Exec": ""},
    "Exec": {"Command": ".+", "Arguments": ".+", "WorkingDirectory": ".+"},
}
"""The part of the schema of [MS-TSCH] 2.5 that we use: children, and the form of their values."""


def definition(unit: Unit, made_of: Contents = CONTENTS) -> ElementTree.Element:
    """The definition, read from the bytes of the file as they will lie there."""
    (file,) = MANAGER.files(unit, made_of)
    return ElementTree.fromstring(file.content)


def check(element: ElementTree.Element) -> None:
    """An element and all below it fit the schema."""
    name = element.tag.removeprefix(SPACE)
    allowed = SCHEMA[name]
    for child in element:
        form = allowed[child.tag.removeprefix(SPACE)]
        if form:
            assert re.fullmatch(form, child.text or ""), f"{child.tag}: {child.text}"
        else:
            check(child)


@pytest.mark.parametrize("unit", [SYSTEM, ALICES], ids=["system", "user"])
def test_it_fits_the_schema(unit: Unit) -> None:
    task = definition(unit)
    assert task.tag == f"{SPACE}Task"
    check(task)
    principal = task.find(f"{SPACE}Principals/{SPACE}Principal")
    actions = task.find(f"{SPACE}Actions")
    assert principal is not None
    assert actions is not None
    assert principal.get("id") == actions.get("Context")
    limit = task.findtext(f"{SPACE}Settings/{SPACE}ExecutionTimeLimit")
    assert limit == "PT0S", "without it a task is ended after three days"


def test_the_file_is_in_the_encoding_that_it_says() -> None:
    (file,) = MANAGER.files(SYSTEM, CONTENTS)
    assert file.content[:2] in (b"\xff\xfe", b"\xfe\xff")
    text = file.content.decode("utf-16")
    assert text.startswith('<?xml version="1.0" encoding="UTF-16"?>')


def test_it_starts_at_boot_as_system_and_at_logon_as_a_user() -> None:
    assert definition(SYSTEM).find(f"{SPACE}Triggers/{SPACE}BootTrigger") is not None
    assert definition(ALICES).find(f"{SPACE}Triggers/{SPACE}LogonTrigger") is not None
    seen = MANAGER.read(ALICES, [Answer(0, '{"State": 4}')])
    assert seen.lingers is False


def test_odd_words_survive() -> None:
    python = r"C:\Program Files\a & <b>\python.exe"
    made_of = contents(
        start=(python, "-P", "-m", "vrooli.main.keep"), environment={"VROOLI_HOME": r"D:\my shop"}
    )
    task = definition(SYSTEM, made_of)
    execute = f"{SPACE}Actions/{SPACE}Exec/{SPACE}"
    assert task.findtext(f"{execute}Command") == python
    assert task.findtext(f"{execute}Arguments") == r'-P -m vrooli.main.keep "D:\my shop"'


@pytest.mark.parametrize(
    ("answer", "known", "enabled", "active"),
    [
        (Answer(0, '{\r\n    "State":  4\r\n}'), True, True, True),
        (Answer(0, '{"State": 3}'), True, True, False),
        (Answer(0, '{"State": 1}'), True, False, False),
        (Answer(1, "", "No MSFT_ScheduledTask objects found"), False, False, False),
    ],
)
def test_the_state_is_read(answer: Answer, known: bool, enabled: bool, active: bool) -> None:
    seen = MANAGER.read(SYSTEM, [answer])
    assert (seen.loaded, seen.enabled, seen.active) == (known, enabled, active)
