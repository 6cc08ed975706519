"""What launchd of macOS is told, and what its answers mean."""

import plistlib
from typing import Any

import pytest

from tests.support.units import ALICES, CONTENTS, SYSTEM, contents
from vrooli.autoheal.service_manager import Contents, Unit
from vrooli.autoheal.watchdog.launchd import MANAGER
from vrooli.core.ports.programs import Answer

TYPES = {
    "Label": str,
    "ProgramArguments": list,
    "EnvironmentVariables": dict,
    "WorkingDirectory": str,
    "RunAtLoad": bool,
    "KeepAlive": bool,
    "AbandonProcessGroup": bool,
    "ProcessType": str,
    "ExitTimeOut": int,
}
"""Types of the keys by launchd.plist(5)."""

LISTED = """\
{
	"LimitLoadToSessionType" = "System";
	"Label" = "com.vrooli.shop";
	"OnDemand" = false;
	"LastExitStatus" = 0;
	"PID" = 4711;
	"Program" = "/opt/vrooli/bin/python";
};
"""
"""As `launchctl list LABEL` prints one job."""


def definition(unit: Unit, made_of: Contents = CONTENTS) -> dict[str, Any]:
    """The property list, read by Python."""
    (file,) = MANAGER.files(unit, made_of)
    found: dict[str, Any] = plistlib.loads(file.content)
    return found


def test_it_is_a_property_list_of_known_keys() -> None:
    told = definition(SYSTEM)
    assert {key: type(value) for key, value in told.items()} == TYPES
    assert told["Label"] == "com.vrooli.shop"
    assert told["ProgramArguments"] == list(CONTENTS.start)
    assert told["EnvironmentVariables"] == dict(CONTENTS.environment)
    assert told["KeepAlive"] is told["RunAtLoad"] is told["AbandonProcessGroup"] is True
    assert told["ProcessType"] in ("Standard", "Background", "Interactive", "Adaptive")


def test_odd_words_survive() -> None:
    odd = contents(start=("/opt/a <b> & c/python", '"', "ä"))
    assert definition(SYSTEM, odd)["ProgramArguments"] == ["/opt/a <b> & c/python", '"', "ä"]


def test_a_daemon_of_the_system_and_an_agent_of_a_user() -> None:
    assert MANAGER.path(SYSTEM) == "/Library/LaunchDaemons/com.vrooli.shop.plist"
    assert MANAGER.path(ALICES) == "/home/alice/Library/LaunchAgents/com.vrooli.shop.plist"
    assert MANAGER.restart(SYSTEM)[0].argv[-1] == "system/com.vrooli.shop"
    assert MANAGER.restart(ALICES)[0].argv[-1] == "gui/1500/com.vrooli.shop"


def test_a_running_job_is_read_from_its_dictionary() -> None:
    seen = MANAGER.read(SYSTEM, [Answer(0, LISTED)])
    assert (seen.loaded, seen.active, seen.main_pid) == (True, True, 4711)
    assert seen.lingers is None


@pytest.mark.parametrize(
    ("answer", "loaded"),
    [(Answer(0, LISTED.replace('\t"PID" = 4711;\n', "")), True), (Answer(113, "", "none"), False)],
)
def test_one_that_does_not_run_is_not_taken_for_running(answer: Answer, loaded: bool) -> None:
    seen = MANAGER.read(SYSTEM, [answer])
    assert (seen.loaded, seen.active, seen.main_pid) == (loaded, False, 0)


def test_an_agent_is_not_called_protection_against_a_reboot() -> None:
    assert MANAGER.read(ALICES, [Answer(0, LISTED)]).lingers is False
