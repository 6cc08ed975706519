"""Shorten systemd's journal."""

from vrooli.autoheal.action import program_action
from vrooli.autoheal.healer import Danger

ACTION = program_action(
    "vacuum-journal",
    "shorten the journal to 200 MB",
    Danger.SAFE,
    "journalctl",
    "--vacuum-size=200M",
)
