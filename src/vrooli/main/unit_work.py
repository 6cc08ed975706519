"""Working at the unit of one home: each step is told."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from vrooli.autoheal.service_manager import Act, Seen, ServiceManager, Unit
from vrooli.core.command import Remove, WriteFile
from vrooli.core.errors import Refused, StartFailed, StorageError
from vrooli.core.home import Home
from vrooli.host import files
from vrooli.main.boot import carry_out
from vrooli.main.operating_system import programs
from vrooli.main.sight import see
from vrooli.main.unit import running_manager, unit_of


class UnitWork:
    """Files and commands of the service manager.

    Attributes:
        did: what was done, in words, in order.
    """

    def __init__(self, home: Home, environment: Mapping[str, str]) -> None:
        manager = running_manager()
        if manager is None:
            raise Refused(
                "this machine has no service manager that could start a stack at boot",
                next_step="have whatever starts this machine or container run"
                " `vrooli scenario start vrooli-autoheal`",
            )
        self.home, self.environment = home, environment
        self.manager: ServiceManager = manager
        self.unit: Unit = unit_of(home)
        self.programs = programs(environment)
        self.did: list[str] = []

    def see(self) -> Seen:
        """What the service manager says now."""
        return see(self.manager, self.unit, self.programs)

    def carry_out(self, acts: Iterable[Act]) -> None:
        """Run the commands. Raises StartFailed."""
        for act in acts:
            carry_out([act], self.programs)
            self.did.append(" ".join(act.argv))

    def carry_out_as_far_as_possible(self, acts: Iterable[Act]) -> None:
        """The same for a unit that may be half there: what fails is told, the rest is done."""
        for act in acts:
            try:
                self.carry_out([act])
            except StartFailed as error:
                self.did.append(f"failed: {error.what}")

    def write(self, wanted: Iterable[WriteFile]) -> None:
        """Write files and their folders. Raises StorageError."""
        for file in wanted:
            try:
                Path(file.path).parent.mkdir(parents=True, exist_ok=True)
                files.write_file(file)
            except OSError as error:
                what = f"cannot be written: {error.strerror}"
                raise StorageError(
                    what, where=file.path, next_step="make its folder writable, then run this again"
                ) from error
            self.did.append(f"wrote {file.path}")

    def remove(self, path: str) -> None:
        """Remove a file. Raises StorageError."""
        if not os.path.lexists(path):
            return
        try:
            files.remove(Remove(path))
        except OSError as error:
            what = f"cannot be removed: {error.strerror}"
            raise StorageError(
                what, where=path, next_step="make its folder writable, then run this again"
            ) from error
        self.did.append(f"removed {path}")
