"""A swarm that waits for a person, and then for an approval."""

import json
from typing import Any

from tests.support.stack import LiveStack

LISTING = """
name: listing
do:
  - step: look
    value: {found: "${inputs.of}"}
output: ${steps.look.found}
"""

SWARM = """
name: disk-triage
goal: Make room on the disk
budget: {cost: 1, steps: 200, time: 3600}
team:
  - {name: looker, role: "reads, changes nothing"}
  - {name: cleaner, role: removes what a person chose}
policy: {width: 2, approve: [changing]}
plan:
  - {task: sizes, agent: looker, routine: listing, inputs: {of: [a.log, b.log]}, writes: sizes}
  - {task: judge, person: "Which of these may go? ${board.sizes}", writes: chosen}
  - task: clean
    agent: cleaner
    routine: listing
    risk: changing
    inputs: {of: "${board.chosen}"}
  - {task: report, agent: looker, routine: listing, inputs: {of: "${tasks.clean.output}"}}
"""


def waiting_swarm(stack: LiveStack) -> str:
    """The id of one, for which a person is to do something."""
    file = stack.folder / "swarm.yaml"
    file.write_text(LISTING, encoding="utf-8")
    _said(stack, "routine", "add", str(file))
    file.write_text(SWARM, encoding="utf-8")
    swarm = str(_said(stack, "swarm", "start", str(file))["id"])
    stack.until(lambda: _said(stack, "swarm", "show", swarm)["status"] == "waiting", "it waits")
    return swarm


def _said(stack: LiveStack, *command: str) -> dict[str, Any]:
    ended = stack.run(*command, "--json")
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found
