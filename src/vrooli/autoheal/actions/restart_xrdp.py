"""The remote desktop server."""

from vrooli.autoheal.action import unit_action

ACTION = unit_action("restart-xrdp", "xrdp.service")
