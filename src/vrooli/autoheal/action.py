"""What a recovery action for the machine is. One file an action, in `actions/`.

It is data: the commands that it stands for. So it can be shown without being done, and what it may
do is all there is to read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import vrooli.autoheal.actions
from vrooli.autoheal.check import Look
from vrooli.autoheal.healer import Danger
from vrooli.core import discover
from vrooli.core.command import Command, RunOnce
from vrooli.core.errors import Refused
from vrooli.core.launch import LaunchSpec
from vrooli.stack.model import Stack

FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where programs are found: never by the PATH of whoever started us."""


@dataclass(frozen=True, slots=True)
class Action:
    """A named recovery action.

    Attributes:
        id: the file's name with dashes.
        title: what it does, for people.
        danger: how much it may cost.
        commands: what it stands for, on this machine now; raises `Refused` where it cannot be.
        program: the program that it needs the rights of root for; empty when it needs none. With
            its arguments it stands in the sudoers file that is made for those who are not root.
        arguments: of that program.
        listed: more arguments with which it is called, as the stack file has them.
    """

    id: str
    title: str
    danger: Danger
    commands: Callable[[Look], Sequence[Command]]
    program: str = ""
    arguments: tuple[str, ...] = ()
    listed: Callable[[Stack], Sequence[tuple[str, ...]]] | None = None

    def calls(self, stack: Stack) -> list[tuple[str, ...]]:
        """The arguments with which its program may be called for `stack`."""
        if self.listed is not None:
            return list(self.listed(stack))
        return [self.arguments] if self.program else []


def action(name: str) -> Action:
    """The action called `name`."""
    return discover.load(vrooli.autoheal.actions, name.replace("-", "_"), "ACTION", Action)


def action_names() -> list[str]:
    """All of them."""
    return [name.replace("_", "-") for name in discover.names(vrooli.autoheal.actions)]


def program_action(name: str, title: str, danger: Danger, program: str, *arguments: str) -> Action:
    """An action that is one program with fixed arguments, run as root."""

    def commands(look: Look) -> Sequence[Command]:
        return (run_program(look, name, title, find_program(look, program), *arguments),)

    return Action(name, title, danger, commands, program, arguments)


def unit_action(name: str, unit: str) -> Action:
    """An action that restarts a unit of systemd."""
    title = f"restart {unit}"
    return program_action(name, title, Danger.DISRUPTIVE, "systemctl", "restart", unit)


def find_program(look: Look, name: str) -> str:
    """Where a program lies.

    Raises:
        Refused: it is not on this machine.
    """
    for folder in FOLDERS:
        if look.facts.files.facts(f"{folder}/{name}") is not None:
            return f"{folder}/{name}"
    raise Refused(f"there is no {name} on this machine", next_step=f"install {name}")


def run_program(
    look: Look, name: str, title: str, program: str, *arguments: str, as_root: bool = True
) -> RunOnce:
    """Run a program as root: directly when we are, else by `sudo -n`, which never asks. Without
    `as_root` as whoever we are.
    """
    place = look.facts.tools.place
    argv = (program, *arguments)
    if as_root and not place.machine.root:
        argv = (find_program(look, "sudo"), "-n", *argv)
    spec = LaunchSpec(
        service=f"action.{name}",
        argv=argv,
        cwd="/",
        env={"PATH": ":".join(FOLDERS), "LC_ALL": "C"},
        log_path=str(place.home.log(f"action.{name}")),
    )
    return RunOnce(title, spec, timeout=300.0)
