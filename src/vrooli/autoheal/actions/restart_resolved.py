"""The resolver of systemd."""

from vrooli.autoheal.action import unit_action

ACTION = unit_action("restart-resolved", "systemd-resolved.service")
