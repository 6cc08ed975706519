"""The Docker Engine; its containers end, unless live-restore is on."""

from vrooli.autoheal.action import unit_action

ACTION = unit_action("restart-docker", "docker.service")
