"""What is wrong with a stack file, gathered so that all of it is said at once."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from vrooli.core.nearest import did_you_mean
from vrooli.stack import durations

KeyPath = tuple[str | int, ...]
"""From the top of the file: `("scenarios", "web", "command", 0)`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where. The text never repeats a value that may be a secret."""

    path: KeyPath
    text: str

    @property
    def dotted(self) -> str:
        """`scenarios.web.command[0]`."""
        parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path]
        return "".join(parts).removeprefix(".")


@dataclass
class Problems:
    """Collects problems; the first about a path stays, later ones would only repeat it."""

    found: dict[KeyPath, Problem] = field(default_factory=dict)

    def add(self, path: KeyPath, text: str) -> None:
        """Remember a problem, unless a part of that key is one: what follows from it is noise."""
        part_known = any(known[: len(path)] == path for known in self.found)
        if path not in self.found and not (part_known and len(path) > 2):
            self.found[path] = Problem(path, text)

    def at(self, *path: str | int) -> "Section":
        """A reader of the section at `path`."""
        return Section(self, path)


@dataclass(frozen=True)
class Section:
    """Reads values of one section; what is out of bounds is a problem, and the default goes on."""

    problems: Problems
    path: KeyPath

    def wrong(self, key: str, text: str) -> None:
        """Remember a problem with `key`."""
        self.problems.add((*self.path, key), text)

    def is_wrong(self, key: str) -> bool:
        """Whether there is a problem with `key` or below it: what is made of it then is noise."""
        path = (*self.path, key)
        return any(known[: len(path)] == path for known in self.problems.found)

    def seconds(
        self,
        key: str,
        value: float | str | None,
        default: float,
        bounds: tuple[float, float] = (0.0, durations.LONGEST),
    ) -> float:
        """A duration within `bounds`, in seconds."""
        if value is None:
            return default
        try:
            seconds = durations.parse_duration(value)
        except ValueError as error:
            self.wrong(key, str(error))
            return default
        low, high = (durations.format_duration(bound) for bound in bounds)
        if not bounds[0] <= seconds <= bounds[1]:
            self.wrong(key, f"expected a duration from {low} to {high}")
            return default
        return seconds

    def whole(self, key: str, value: int | None, default: int, bounds: tuple[int, int]) -> int:
        """A whole number within `bounds`."""
        if value is None:
            return default
        if not bounds[0] <= value <= bounds[1]:
            self.wrong(key, f"expected a whole number from {bounds[0]} to {bounds[1]}")
            return default
        return value

    def port(self, key: str, value: int | None, default: int) -> int:
        """A TCP port."""
        return self.whole(key, value, default, (1, 65535))

    def text(self, key: str, value: str | None, default: str) -> str:
        """A text of one line that is not empty and can go to the operating system."""
        if value is None:
            return default
        if not value.strip() or not usable(value) or "\n" in value:
            self.wrong(key, "expected one line of text that is not empty")
            return default
        return value

    def known(self, key: str, values: Iterable[str], names: Collection[str], what: str) -> None:
        """Every one of `values` must be one of `names`."""
        for value in values:
            if value not in names:
                listed = f"(there are: {', '.join(sorted(names))})"
                hint = did_you_mean(value, names)
                self.wrong(key, f"there is no {what} `{value}`{hint} {listed}")

    def reject(self, keys: Collection[str], values: object, reason: str) -> None:
        """Every one of `keys` that was written is a problem, for the same reason."""
        for key in keys:
            if getattr(values, key) is not None:
                self.wrong(key, reason)


def usable(value: str) -> bool:
    """Whether the operating system takes `value` as argument, path or variable: no zero byte, at
    most 128 KiB.

    execve(2) limits one string to 32 pages (MAX_ARG_STRLEN), 131072 bytes.
    """
    return "\0" not in value and len(value.encode("utf-8", "replace")) < 131072
