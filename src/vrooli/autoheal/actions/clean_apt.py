"""Remove package files that apt has installed already."""

from vrooli.autoheal.action import program_action
from vrooli.autoheal.healer import Danger

ACTION = program_action(
    "clean-apt", "remove downloaded package files", Danger.SAFE, "apt-get", "clean"
)
