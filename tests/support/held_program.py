"""A program that waits, where it is started with some arguments, until a test lets it go on."""

import shlex
from pathlib import Path

_WRAPPER = """\
#!/bin/sh
case "$*" in {arguments})
    if [ -e {hold} ]; then
        : > {held}
        while [ -e {hold} ]; do sleep 0.05; done
    fi
esac
exec {real} "$@"
"""


class HeldProgram:
    """Stands in its place from now on; whoever starts it becomes it, as before.

    Args:
        program: an executable file; it lies beside its place afterwards.
        arguments: a pattern of the shell; it waits where they fit.
        folder: where whoever starts it may write.
    """

    def __init__(self, program: Path, arguments: str, folder: Path) -> None:
        self._hold, self._held = folder / "hold", folder / "held"
        real = program.rename(program.with_name(f"{program.name}.real"))
        words = {"hold": self._hold, "held": self._held, "real": real}
        quoted = {name: shlex.quote(str(path)) for name, path in words.items()}
        program.write_text(_WRAPPER.format(arguments=arguments, **quoted), encoding="ascii")
        program.chmod(0o755)
        self._hold.touch()

    @property
    def waits(self) -> bool:
        """Whether it has come so far."""
        return self._held.exists()

    def let_go(self) -> None:
        """It goes on, and waits no more."""
        self._hold.unlink()
