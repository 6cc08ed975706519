"""Composition of telling who uses files that are put back: a process that has one open goes on with
what is moved aside.
"""

from collections.abc import Callable, Collection

from vrooli.host.open_files import users_below

_MOST = 5


def users_told(paths: Collection[str]) -> str:
    """`web (4711), cron (99)`; empty when there are none. Those of others only root sees."""
    found = users_below(paths)
    named = ", ".join(f"{one.name} ({one.pid})" for one in found[:_MOST])
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return named + more


def tell_users(paths: Collection[str], told: Callable[[str], None]) -> None:
    """Of files that were moved aside."""
    if users := users_told(paths):
        told(f"{users} still has open what was moved aside: restart what is to see the new files")
