"""Rotate the machine's logs now."""

from vrooli.autoheal.action import program_action
from vrooli.autoheal.healer import Danger

ACTION = program_action(
    "rotate-logs",
    "rotate the logs of the machine",
    Danger.SAFE,
    "logrotate",
    "--force",
    "/etc/logrotate.conf",
)
