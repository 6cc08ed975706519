"""The Task Scheduler of Windows. [MS-TSCH] section 2.5 has the schema of the definition.

As SYSTEM it is started at boot; a user's own task, which needs no administrator, at logon. The
definition says UTF-16, and is UTF-16.
"""

import json
import re
from collections.abc import Sequence
from subprocess import list2cmdline  # noqa: TID251 -- quotes words for Windows; starts nothing

from vrooli.autoheal.service_manager import Act, Contents, Seen, ServiceManager, Unit
from vrooli.core.command import WriteFile
from vrooli.core.ports.programs import Answer

SYSTEM_SID = "S-1-5-18"
RUNNING, DISABLED = 4, 1
"""Values of TASK_STATE."""

_LOGIN = "as an administrator: vrooli-autoheal install, which makes it a task of the system"

_XML = """\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Author>Vrooli</Author>
    <Description>Vrooli: the stack {stack}, kept alive</Description>
    <URI>{name}</URI>
  </RegistrationInfo>
  <Triggers>
{trigger}
  </Triggers>
  <Principals>
    <Principal id="Author">
{principal}
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <IdleSettings>
      <StopOnIdleEnd>false</StopOnIdleEnd>
      <RestartOnIdle>false</RestartOnIdle>
    </IdleSettings>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <Enabled>true</Enabled>
    <Hidden>false</Hidden>
    <RunOnlyIfIdle>false</RunOnlyIfIdle>
    <WakeToRun>false</WakeToRun>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>5</Priority>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>999</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{command}</Command>
      <Arguments>{arguments}</Arguments>
    </Exec>
  </Actions>
</Task>
"""

_AT_BOOT = "    <BootTrigger>\n      <Enabled>true</Enabled>\n    </BootTrigger>"
_AT_LOGON = """\
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>{user}</UserId>
    </LogonTrigger>"""
_SYSTEM = f"      <UserId>{SYSTEM_SID}</UserId>\n      <RunLevel>HighestAvailable</RunLevel>"
_USER = """\
      <UserId>{user}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>"""


class TaskScheduler(ServiceManager):
    """See the base."""

    name = "Task Scheduler"
    platform = "win32"

    def files(self, unit: Unit, contents: Contents) -> tuple[WriteFile, ...]:
        """See the base. A task has no environment of its own: the home is an argument."""
        arguments = [*contents.start[1:], contents.environment["VROOLI_HOME"]]
        text = _XML.format(
            stack=_text(contents.stack),
            name=_text(_name(unit)),
            trigger=_AT_BOOT if unit.system else _AT_LOGON.format(user=_text(unit.user)),
            principal=_SYSTEM if unit.system else _USER.format(user=_text(unit.user)),
            command=_text(contents.start[0]),
            arguments=_text(list2cmdline(arguments)),
        )
        return (WriteFile(self.path(unit), text.replace("\n", "\r\n"), encoding="utf-16"),)

    def path(self, unit: Unit) -> str:
        """Where the definition is kept; the scheduler makes a copy of its own."""
        return f"{unit.user_home}/AppData/Local/vrooli/{unit.name}.xml"

    def marks(self, unit: Unit) -> tuple[str, ...]:
        """See the base."""
        return (self.path(unit),)

    def register(self, unit: Unit) -> tuple[Act, ...]:
        """See the base."""
        return (_act("register it", "/Create", unit, "/XML", self.path(unit), "/F"),)

    def start(self, unit: Unit) -> tuple[Act, ...]:
        """See the base."""
        return (_act("start it", "/Run", unit),)

    def restart(self, unit: Unit) -> tuple[Act, ...]:
        """See the base."""
        return (*self.stop(unit), *self.start(unit))

    def stop(self, unit: Unit) -> tuple[Act, ...]:
        """See the base."""
        return (_act("stop it", "/End", unit),)

    def unregister(self, unit: Unit) -> tuple[Act, ...]:
        """See the base."""
        return (_act("remove it", "/Delete", unit, "/F"),)

    def questions(self, unit: Unit) -> tuple[tuple[str, ...], ...]:
        """See the base. `schtasks` answers in the language of the machine."""
        folder, _, name = _name(unit).rpartition("\\")
        ask = f"Get-ScheduledTask -TaskPath '{folder}\\' -TaskName '{name}'"
        script = f"{ask} | Select-Object -Property State | ConvertTo-Json"
        return (("powershell", "-NoProfile", "-NonInteractive", "-Command", script),)

    def read(self, unit: Unit, answers: Sequence[Answer]) -> Seen:
        """See the base."""
        told = answers[0]
        if told.code < 0:
            return Seen(silence=f"the Task Scheduler cannot be asked: {told.said}")
        try:
            state = int(json.loads(told.out)["State"]) if told.ok else 0
        except (ValueError, KeyError, TypeError):
            return Seen(silence=f"the Task Scheduler gave no JSON: {told.said}")
        return Seen(
            loaded=told.ok,
            enabled=told.ok and state != DISABLED,
            active=state == RUNNING,
            state=f"state {state}",
            lingers=None if unit.system else False,
            linger_advice="" if unit.system else _LOGIN,
        )


def _name(unit: Unit) -> str:
    return f"\\Vrooli\\{unit.name.removeprefix('vrooli-')}"


def _text(value: str) -> str:
    """As XML; letters that no XML may hold are left out."""
    from xml.sax.saxutils import escape  # no other system needs it

    return escape(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", value))


def _act(title: str, verb: str, unit: Unit, *words: str) -> Act:
    return Act(title, ("schtasks", verb, "/TN", _name(unit), *words))


MANAGER = TaskScheduler()
