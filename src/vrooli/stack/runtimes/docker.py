"""A container of the Docker Engine, which somebody has made: it is started and stopped, never made
or removed.
"""

from vrooli.stack.held_runtime import HeldRuntime


class DockerRuntime(HeldRuntime):
    """Asks the Engine."""

    name = "docker"
    manager = "the Docker Engine"
    thing = "container"
    stop_command = "docker stop"
    start_command = "docker start"
    revive = "see to the Docker Engine (`docker info`)"


RUNTIME = DockerRuntime()
