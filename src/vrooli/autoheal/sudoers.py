"""The sudoers file for a watchdog that is not root: exactly the commands of the actions that are
allowed. Pure.
"""

from collections.abc import Callable, Iterable

from vrooli.autoheal.action import Action

HEAD = "# What the watchdog of Vrooli may do as root: the actions of [autoheal.allow], and no more."
_ESCAPED = str.maketrans({char: f"\\{char}" for char in ",:=\\"})


def sudoers(user: str, actions: Iterable[Action], where: Callable[[str], str]) -> str:
    """The file's text.

    Args:
        user: who runs the watchdog.
        actions: those that are allowed.
        where: the absolute path of a program; empty when it is not here.
    """
    lines = [HEAD]
    for step in actions:
        path = where(step.program) if step.program else ""
        if step.program and not path:
            lines.append(f"# {step.id}: there is no {step.program} on this machine")
        elif path:
            words = " ".join(word.translate(_ESCAPED) for word in (path, *step.arguments))
            lines.append(f"{user} ALL=(root) NOPASSWD: {words}")
    return "\n".join(lines)
