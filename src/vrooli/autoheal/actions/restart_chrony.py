"""The clock keeper chrony."""

from vrooli.autoheal.action import unit_action

ACTION = unit_action("restart-chrony", "chrony.service")
