"""The managers of services, each made when it is first asked: a stack without containers opens no
socket of the Docker Engine.
"""

from collections.abc import Callable, Iterator, Mapping

from vrooli.core.ports.clock import Clock
from vrooli.core.ports.manager import Manager
from vrooli.core.ports.streams import Streams
from vrooli.stack.model import Stack


class Managers(Mapping[str, Manager]):
    """By runtime. `stack` is the one in force whenever a manager is asked: an edit may move it."""

    def __init__(self, stack: Callable[[], Stack], streams: Streams, clock: Clock) -> None:
        self._stack, self._streams, self._clock = stack, streams, clock
        self._make: dict[str, Callable[[], Manager]] = {"docker": self._docker}
        self._made: dict[str, Manager] = {}

    def __getitem__(self, runtime: str) -> Manager:
        if runtime not in self._made:
            self._made[runtime] = self._make[runtime]()
        return self._made[runtime]

    def __iter__(self) -> Iterator[str]:
        return iter(self._make)

    def __len__(self) -> int:
        return len(self._make)

    def _docker(self) -> Manager:
        from vrooli.host.docker_manager import DockerManager

        return DockerManager(self._streams, self._clock, lambda: self._stack().docker)
