"""The console of this product, as the stack sees it."""

from collections.abc import Sequence

from vrooli.core.command import Command, EnsureDirectory, WriteFile
from vrooli.core.discover import installed
from vrooli.core.errors import ConfigError, UsageError
from vrooli.core.passes import CONSOLE_KEY
from vrooli.stack.builtin.scenario import ScenarioKind
from vrooli.stack.builtin.server import SIGNING_KEY
from vrooli.stack.kind import Place, Program
from vrooli.stack.model import Service

INSTALL_CONSOLE = "install it (in a checkout: `pipx install --force '.[work,console]'`)"


def console_installed() -> bool:
    """Whether the extra `console` is installed: a small host may go without."""
    return installed("nicegui")


def need_console() -> None:
    """Go on only where the extra `console` is installed.

    Raises:
        UsageError: it is not.
    """
    if not console_installed():
        raise UsageError("the console is not installed", next_step=INSTALL_CONSOLE)


class ConsoleKind(ScenarioKind):
    """`vrooli console`."""

    name = "console"
    title = "Console"
    summary = "shows and steers everything, in a browser"
    needs_command = False
    default_port = 3003

    def prepare(self, service: Service, place: Place) -> Sequence[Command]:
        """A data folder of its own, with the keys by which it acts for who is signed in."""
        if not console_installed():
            raise ConfigError(
                "the console is not installed",
                where=service.name,
                next_step=f"{INSTALL_CONSOLE}, or remove [scenarios.{service.name}]",
            )
        user = place.user_of(service)
        data = place.home.data(service.name)
        files = (
            WriteFile(str(data / name), place.secrets.create(name), 0o600, user)
            for name in (CONSOLE_KEY, SIGNING_KEY)
        )
        return EnsureDirectory(str(data), 0o700, user), *files

    def program(self, service: Service, place: Place) -> Program:
        """It reads its settings from the environment. Python's own allocator would keep the memory
        of pages that are closed.
        """
        data = str(place.home.data(service.name))
        env = {"VROOLI_DATA": data, "PYTHONMALLOC": "malloc"}
        argv = service.command or (place.machine.python, "-m", "vrooli", "console")
        shown = dict.fromkeys((data, *place.machine.code))
        return Program(argv=argv, env=env, cwd=data, expose=tuple(shown))


KIND = ConsoleKind()
