"""Remove images of the Docker Engine that no container was made from: what they hold may be nowhere
else, and a container made from one anew has to fetch it first.
"""

from collections.abc import Sequence

from vrooli.autoheal.action import Action, find_program, run_program
from vrooli.autoheal.check import Look
from vrooli.autoheal.healer import Danger
from vrooli.autoheal.probing import has_docker
from vrooli.core.command import Command
from vrooli.core.errors import Refused
from vrooli.stack.model import DOCKER, Stack

_NAME, _TITLE = "prune-images", "remove images that no container uses"
_ARGUMENTS = ("image", "prune", "--all", "--force")


def _commands(look: Look) -> Sequence[Command]:
    if not has_docker(look):
        raise Refused(
            "there is no Docker Engine here",
            next_step="write where it listens as `docker` under [stack]",
        )
    (arguments,) = _calls(look.facts.stack)
    return (run_program(look, _NAME, _TITLE, find_program(look, "docker"), *arguments),)


def _calls(stack: Stack) -> Sequence[tuple[str, ...]]:
    """Of the Engine that the stack says."""
    where = () if stack.docker == DOCKER else ("--host", f"unix://{stack.docker}")
    return ((*where, *_ARGUMENTS),)


ACTION = Action(_NAME, _TITLE, Danger.DESTRUCTIVE, _commands, "docker", _ARGUMENTS, listed=_calls)
