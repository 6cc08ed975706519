"""The tunnel of Cloudflare."""

from vrooli.autoheal.action import unit_action

ACTION = unit_action("restart-cloudflared", "cloudflared.service")
