"""Forget what was resolved before."""

from vrooli.autoheal.action import program_action
from vrooli.autoheal.healer import Danger

ACTION = program_action(
    "flush-dns", "forget the cache of the resolver", Danger.SAFE, "resolvectl", "flush-caches"
)
