"""Programs of the operating system, as our processes run them."""

from collections.abc import Mapping

from vrooli.host.programs import LocalPrograms
from vrooli.main.places import runtime_folder

_HANDED_ON = ("PATH", "HOME", "USER", "LOGNAME", "DBUS_SESSION_BUS_ADDRESS")


def programs(environment: Mapping[str, str]) -> LocalPrograms:
    """Nothing of our environment but where to find things, and where the user's managers are: `su`
    and cron do not say that.
    """
    found = {name: environment[name] for name in _HANDED_ON if name in environment}
    runtime = runtime_folder(environment)
    if runtime:
        found["XDG_RUNTIME_DIR"] = runtime
    return LocalPrograms(found)
