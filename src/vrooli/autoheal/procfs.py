"""What several checks read from procfs and sysfs. Each fact is named after its file there."""

from collections import Counter
from collections.abc import Iterator

from vrooli.core.ports.files import Files


def text(files: Files, path: str) -> str | None:
    """A small file as text, without the last newline; None when it is not there."""
    content = files.read(path)
    return None if content is None else content.decode("utf-8", "replace").rstrip("\n\0")


def numbers(files: Files, path: str) -> list[int]:
    """The whole numbers of a file, in order; none when it is not there."""
    return [int(word) for word in (text(files, path) or "").split() if word.lstrip("-").isdigit()]


def fields(files: Files, path: str) -> dict[str, int]:
    """Lines like `oom_kill 3` or `MemFree: 12 kB` as numbers by name."""
    found = {}
    for line in (text(files, path) or "").splitlines():
        name, _, rest = line.replace(":", " ", 1).partition(" ")
        value = rest.split()
        if value and value[0].lstrip("-").isdigit():
            found[name] = int(value[0])
    return found


def pids(files: Files) -> Iterator[int]:
    """Every process."""
    for name in files.names("/proc"):
        if name.isdigit():
            yield int(name)


def zombie_parents(files: Files) -> Counter[int]:
    """By parent, its children that have ended and that it has not asked about."""
    states = (state(files, pid) for pid in pids(files))
    return Counter(parent for letter, parent, _ in states if letter == "Z")


def state(files: Files, pid: int) -> tuple[str, int, str]:
    """State letter, parent and name of a process; an empty letter when it is gone.

    The name stands in parentheses and may hold any character, also these (proc_pid_stat(5)).
    """
    line = text(files, f"/proc/{pid}/stat") or ""
    begin, end = line.find("("), line.rfind(")")
    rest = line[end + 1 :].split()
    if begin < 0 or len(rest) < 2:
        return "", 0, ""
    return rest[0], int(rest[1]), line[begin + 1 : end]


def pressure(files: Files, name: str, line: str, window: str) -> float | None:
    """Percent of the time of `window` (`avg10`, `avg60`) in which work stood still for want of
    `name` (Documentation/accounting/psi.rst); None where the kernel does not tell.
    """
    content = text(files, f"/proc/pressure/{name}")
    if content is None:
        return None
    for row in content.splitlines():
        kind, *pairs = row.split()
        if kind == line:
            return float(dict(pair.split("=", 1) for pair in pairs).get(window, 0.0))
    return 0.0
