"""The sudoers file for a watchdog that is not root: exactly the commands of the actions that are
allowed. Pure.
"""

from collections.abc import Callable, Iterable

from vrooli.autoheal.action import action
from vrooli.stack.model import Stack

HEAD = "# What the watchdog of Vrooli may do as root: the actions of [autoheal.allow], and no more."
_ESCAPED = str.maketrans({char: f"\\{char}" for char in ",:=\\"})


def sudoers(user: str, stack: Stack, where: Callable[[str], str]) -> str:
    """The file's text.

    Args:
        user: who runs the watchdog.
        stack: what it allows.
        where: the absolute path of a program; empty when it is not here.
    """
    lines = [HEAD]
    for step in map(action, stack.autoheal.allow):
        path = where(step.program) if step.program else ""
        if step.program and not path:
            lines.append(f"# {step.id}: there is no {step.program} on this machine")
        elif path:
            calls = ((path, *arguments) for arguments in step.calls(stack))
            lines += [f"{user} ALL=(root) NOPASSWD: {_line(call)}" for call in calls]
    return "\n".join(lines)


def _line(words: Iterable[str]) -> str:
    return " ".join(word.translate(_ESCAPED) for word in words)
