"""The clock keeper of systemd."""

from vrooli.autoheal.action import unit_action

ACTION = unit_action("restart-timesyncd", "systemd-timesyncd.service")
