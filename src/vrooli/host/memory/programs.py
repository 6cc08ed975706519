"""Port `Programs`, made up: for tests of what decides by their answers."""

from collections.abc import Mapping, Sequence

from vrooli.core.errors import Unreachable
from vrooli.core.ports.programs import Answer


class MemoryPrograms:
    """Answers as it was told, by the command line.

    Attributes:
        answers: by command line; the longest beginning that fits is taken.
        asked: every command line, in order.
    """

    def __init__(self, answers: Mapping[str, Answer] | None = None) -> None:
        self.answers = dict(answers or {})
        self.asked: list[str] = []

    def run(self, argv: Sequence[str], timeout: float = 30.0) -> Answer:
        """See the port."""
        line = " ".join(argv)
        self.asked.append(line)
        fitting = [known for known in self.answers if line.startswith(known)]
        if not fitting:
            raise Unreachable("cannot be run: No such file or directory", where=argv[0])
        return self.answers[max(fitting, key=len)]
