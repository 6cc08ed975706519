"""What systemd's journal has of a unit: its lines, and how it ended. Structured fields only,
systemd.journal-fields(7).
"""

import json
from dataclasses import dataclass

from vrooli.core.errors import VrooliError
from vrooli.core.ports.programs import Programs

MOST_LINES = 1000
SECONDS = 10.0
"""For an answer of the journal, which may lie on a slow disk."""

STARTED, STOPPED = "39f53479d3a045ac8e11786248231fbf", "9d1aaa27d60140bd96365438aad20286"
"""Ids of what systemd writes when it started and stopped a unit (sd-messages.h); it writes neither
when one ends by itself.
"""


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal, by `journalctl`. Blocks.

    Attributes:
        user: whether the units are those of the user, not of the system.
    """

    programs: Programs
    user: bool = False

    def tail(self, unit: str, lines: int) -> list[str]:
        """The last lines that the processes of a unit wrote; none where there is no journal."""
        if lines <= 0:
            return []
        wrote = f"_SYSTEMD_USER_UNIT={unit}" if self.user else f"_SYSTEMD_UNIT={unit}"
        return self._read(min(lines, MOST_LINES), "--output", "cat", wrote)

    def stopped_run(self, unit: str) -> str:
        """The run that was stopped on purpose, of a unit that has not been started since; empty
        when there is none in this boot.
        """
        fields = ("--output", "json", "--output-fields", "MESSAGE_ID,JOB_TYPE,INVOCATION_ID")
        matches = (f"MESSAGE_ID={STARTED}", f"MESSAGE_ID={STOPPED}")
        about = ("--user-unit" if self.user else "--unit", unit)
        found = self._read(1, *fields, "--boot", *about, *matches)
        try:
            last = json.loads(found[-1]) if found else {}
        except ValueError:
            return ""
        stopped = last.get("MESSAGE_ID") == STOPPED and last.get("JOB_TYPE") == "stop"
        return str(last.get("INVOCATION_ID", "")) if stopped else ""

    def _read(self, lines: int, *options: str) -> list[str]:
        argv = ["journalctl", "--quiet", "--no-pager", "--lines", str(lines)]
        try:
            answer = self.programs.run([*argv, *options], SECONDS)
        except VrooliError:
            return []  # no journal here, or none that answers
        return answer.out.splitlines() if answer.ok else []
