"""The API server of this product, as the stack sees it."""

from collections.abc import Sequence

from vrooli.core.command import Command, EnsureDirectory, WriteFile
from vrooli.core.errors import ConfigError
from vrooli.stack.builtin.scenario import ScenarioKind
from vrooli.stack.kind import Place, Program
from vrooli.stack.model import Service
from vrooli.stack.work_half import INSTALL_WORK, work_half_installed

SERVER_TOKEN = "server.token"
"""The secret that callers show to the server. Not the operator token: the server runs as a lesser
user than the watchdog, and whoever takes the server over must not gain the watchdog with it."""

SIGNING_KEY = "signing-key"
"""The secret that signs the tokens of sessions: of the servers of a stack together, so that one
takes what another gave. With another one everybody logs in anew.
"""


class ServerKind(ScenarioKind):
    """`vrooli serve`."""

    name = "server"
    title = "Server"
    summary = "the API server"
    needs_command = False
    default_port = 3001
    stop_timeout = 15.0

    def prepare(self, service: Service, place: Place) -> Sequence[Command]:
        """A data folder of its own, with the token that it checks callers against, and the key that
        it signs tokens with.
        """
        if not work_half_installed():
            raise ConfigError(
                "the server belongs to the work half, which is not installed",
                where=service.name,
                next_step=f"{INSTALL_WORK}, or remove [scenarios.{service.name}]",
            )
        user = place.user_of(service)
        data = place.home.data(service.name)
        files = (
            WriteFile(str(data / name), place.secrets.create(name), 0o600, user)
            for name in (SERVER_TOKEN, SIGNING_KEY)
        )
        shared = place.home.data(service.group)
        folders = [EnsureDirectory(str(one), 0o700, user) for one in sorted({data, shared})]
        return *folders, *files

    def program(self, service: Service, place: Place) -> Program:
        """The server reads its settings from the environment; files stay behind names."""
        data = str(place.home.data(service.name))
        argv = service.command or (place.machine.python, "-m", "vrooli", "serve")
        shared = str(place.home.data(service.group))
        env = {
            "VROOLI_SERVER_TOKEN_FILE": f"{data}/{SERVER_TOKEN}",
            "VROOLI_DATA": data,
            # Of all instances: a run goes on at another one, and whoever asks asks any of them.
            "VROOLI_FILES": f"{shared}/work",
        }
        shown = dict.fromkeys((data, shared, *place.machine.code))
        return Program(argv=argv, env=env, cwd=data, expose=tuple(shown))


KIND = ServerKind()
