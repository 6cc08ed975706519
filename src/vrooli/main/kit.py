"""The kit of this machine. Everything heavy is imported when a command needs it: `vrooli status`
has 250 ms.
"""

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vrooli.cli.kit import BroughtUp, Progress
from vrooli.client.watchdog import WatchdogClient
from vrooli.client.work import WorkClient
from vrooli.core.errors import ConfigError, VrooliError
from vrooli.core.home import Home
from vrooli.main.places import every_home, find_home, make_home
from vrooli.stack.find import check_file, find_file, stack_name
from vrooli.stack.work_half import need_work_half

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.recovery import Asked, Recovery
    from vrooli.client.accounts import AccountsClient
    from vrooli.client.api import Bearer
    from vrooli.client.fleet import FleetClient
    from vrooli.client.login import LoginFile
    from vrooli.client.swarms import SwarmClient
    from vrooli.execution.llm.settings import ModelSettings
    from vrooli.stack.diff import Difference
    from vrooli.stack.model import Service, Stack
    from vrooli.stack.scanning.scan import Scanned
    from vrooli.stack.upgrading import Wish


class LocalKit:
    """See `cli.kit.Kit`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def stack_file(self, said: Path | None) -> Path | None:
        """As said, else searched upward."""
        if said is None:
            return find_file(Path.cwd())
        check_file(said)
        return said.absolute()

    def load_stack(self, file: Path | None) -> "Stack":
        """Read, check and compile."""
        import sys

        from vrooli.autoheal.catalogue import InstalledChecks
        from vrooli.main.unit import unit_of
        from vrooli.stack.load import load_stack

        docker_host = self._environment.get("DOCKER_HOST", "")
        return load_stack(
            file,
            sys.executable,
            InstalledChecks(),
            docker_host=docker_host,
            own_unit=lambda name: unit_of(find_home(name, self._environment)).name,
        )

    def troubles(self, stack: "Stack") -> list[str]:
        """See `main.file_troubles`."""
        from vrooli.main.file_troubles import troubles

        return troubles(stack, self._environment)

    def overlaps(self, stack: "Stack") -> list[str]:
        """See `main.held`."""
        from vrooli.main.held import overlaps

        held = any(service.is_held for service in stack.services.values())
        return overlaps(stack) if held else []

    def held_log(self, stack: "Stack", service: "Service", lines: int) -> list[str]:
        """See `main.held`."""
        from vrooli.main.held import held_log

        return held_log(stack, service, lines)

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the file."""
        from vrooli.autoheal.catalogue import InstalledChecks
        from vrooli.stack.schema import json_schema

        return json_schema(InstalledChecks())

    def home(self, file: Path | None) -> Home:
        """By the stack's name alone; where nobody can read it, that of the stack that was brought
        up from this very file.
        """
        try:
            return find_home(stack_name(file), self._environment)
        except ConfigError:
            from vrooli.main.takeover import brought_up_from

            home = brought_up_from(file, every_home(self._environment)) if file else None
            if home is None:
                raise
            return home

    def compiled(self, home: Home) -> "Stack | None":
        """The stack of the last `up`."""
        from vrooli.stack.compiled import read_compiled

        try:
            return read_compiled(home.stack_json)
        except ConfigError:
            return None

    def edits(self, file: Path | None, home: Home) -> "Difference | None":
        """See `main.edited`."""
        from vrooli.main.edited import edits

        return edits(file, home, self.compiled(home), self.load_stack)

    def check_takeover(self, stack: "Stack", home: Home) -> None:
        """See `main.takeover`."""
        from vrooli.main.takeover import check_takeover

        check_takeover(self.compiled(home), stack, home)

    def check_own(self, file: Path | None, home: Home) -> None:
        """See `main.takeover`."""
        from vrooli.main.takeover import check_own

        check_own(self.compiled(home), file, home)

    def bring_up(self, stack: "Stack", home: Home) -> BroughtUp:
        """See `main.bringing`."""
        from vrooli.main.bringing import bring_up
        from vrooli.main.turn import Turn

        make_home(home)
        with Turn(home):
            return bring_up(stack, home, self._environment)

    def start(self, stack: "Stack", home: Home, action: str, names: Sequence[str]) -> BroughtUp:
        """See `main.request`."""
        from vrooli.main.request import bring_up

        return bring_up(stack, home, self._environment, action, names)

    def stop(self, home: Home, names: Sequence[str]) -> Progress:
        """See `main.request`."""
        from vrooli.main.request import Request

        return Request(home, "stop", names, self._environment).begin()

    def backups(self, home: Home) -> "Backups":
        """See `main.backup`."""
        from vrooli.main.backup import StackBackups

        return StackBackups(home, self._environment)

    def recovery(self, asked: "Asked") -> "Recovery":
        """See `main.backup_recover`."""
        from vrooli.main.backup_bringing import Bringing
        from vrooli.main.backup_recover import StackRecovery

        up = Bringing(
            self.load_stack,
            lambda file, home, names: self.start(self.load_stack(file), home, "up", names).progress,
            self.upgrade,
        )
        return StackRecovery(asked, self._environment, up)

    def upgrade(self, home: Home, name: str, wish: "Wish") -> Progress:
        """See `main.request`."""
        from vrooli.main.request import Request

        return Request(home, "upgrade", [name], self._environment, wish).begin()

    def bring_down(self, home: Home) -> Progress:
        """See `main.request`."""
        from vrooli.main.request import bring_down

        return bring_down(home, self._environment)

    def watchdog(self, home: Home) -> WatchdogClient:
        """The watchdog's API."""
        return WatchdogClient.of(home)

    def work(self, home: Home) -> WorkClient:
        """See `main.reach`."""
        from vrooli.main.reach import reach

        found = reach(self.compiled(home), home, self._environment)
        return WorkClient(found.target, found.bearer, stack=found.stack)

    def swarms(self, home: Home) -> "SwarmClient":
        """The same server, with its swarms."""
        from vrooli.client.swarms import SwarmClient
        from vrooli.main.reach import reach

        found = reach(self.compiled(home), home, self._environment)
        return SwarmClient(found.target, found.bearer, stack=found.stack)

    def accounts(self, home: Home) -> "AccountsClient":
        """The same server, and as the same."""
        from vrooli.client.accounts import AccountsClient
        from vrooli.main.reach import reach

        found = reach(self.compiled(home), home, self._environment)
        return AccountsClient(found.target, found.bearer, stack=found.stack)

    def fleet(self, home: Home) -> "FleetClient":
        """The same."""
        from vrooli.client.fleet import FleetClient
        from vrooli.main.reach import reach

        found = reach(self.compiled(home), home, self._environment)
        return FleetClient(found.target, found.bearer, stack=found.stack)

    def joining(self, home: Home, server: str) -> "AccountsClient":
        """As nobody yet."""
        from vrooli.client.accounts import AccountsClient
        from vrooli.client.api import NOBODY
        from vrooli.main.reach import server_to_join

        target = server_to_join(self.compiled(home), server, self._environment)
        return AccountsClient(target, NOBODY)

    def login_file(self) -> "LoginFile":
        """Below `~/.config`."""
        from vrooli.main.reach import login_file

        return login_file(self._environment)

    def session(self) -> "Bearer":
        """What the file holds."""
        from vrooli.client.login import Session

        return Session(self.login_file()).bearer()

    def stop_watchdog(self, home: Home) -> bool:
        """Services run on."""
        from vrooli.main.bringing import stop_watchdog
        from vrooli.main.turn import Turn

        with Turn(home):
            return stop_watchdog(home)

    def unwatched_status(self, home: Home) -> Mapping[str, Any]:
        """From the keeper, or from nothing."""
        from vrooli.main.direct import unwatched_status

        return unwatched_status(home, self._environment)

    def is_root(self) -> bool:
        """By the effective user."""
        return os.geteuid() == 0

    def preview_unit(self, home: Home, stack: "Stack", manager: str) -> Mapping[str, Any]:
        """See `main.preview`."""
        from vrooli.main.preview import preview

        return preview(home, stack, self._environment, manager)

    def install_unit(self, home: Home, stack: "Stack") -> Mapping[str, Any]:
        """See `main.protecting`."""
        from vrooli.main.protecting import install
        from vrooli.main.unit_work import UnitWork

        work = UnitWork(home, self._environment)
        changed = install(work, stack)
        return {"changed": changed, "did": work.did, "protection": self.protection(home)}

    def uninstall_unit(self, home: Home) -> Mapping[str, Any]:
        """See `main.unprotecting`."""
        from vrooli.main.unit_work import UnitWork
        from vrooli.main.unprotecting import uninstall

        work = UnitWork(home, self._environment)
        changed = uninstall(work)
        return {"changed": changed, "did": work.did, "protection": None}

    def protection(self, home: Home) -> Mapping[str, Any]:
        """From the watchdog, which has seen the latest boot; else see `main.sight`."""
        try:
            return self.watchdog(home).boot()
        except VrooliError:
            from vrooli.main.operating_system import programs
            from vrooli.main.sight import protection

            found = protection(home, self._environment, programs(self._environment))
            return found.to_json()

    def init_text(self, folder: Path) -> str:
        """With ports that are free now, named after the folder."""
        from vrooli.stack.builtin.console import console_installed
        from vrooli.stack.init import USUAL_PORTS, init_text
        from vrooli.stack.names import name_from
        from vrooli.stack.work_half import work_half_installed

        return init_text(
            _free_ports(USUAL_PORTS),
            name_from(folder.name),
            with_server=work_half_installed(),
            with_console=console_installed(),
        )

    def scan(self, path: Path, text: str) -> "Scanned":
        """See `main.scan`. What it found is read again as part of the file: it must be valid."""
        from vrooli.main.scan import draft, scanned

        with draft(path, text) as file:
            stack = self.load_stack(file)
            home = find_home(stack.name, self._environment)
        found = scanned(stack, text, home, self._environment)
        with draft(path, "\n".join([text, *(section for _, section in found.sections)])) as file:
            try:
                self.load_stack(file)
            except ConfigError as error:
                raise ConfigError(
                    f"sections cannot be appended to this file: {error.what}",
                    where=str(path),
                    next_step="write `[resources.NAME]` instead of an inline table",
                ) from error
        return found

    def scenarios(self) -> list[dict[str, Any]]:
        """All of them."""
        from vrooli.autoheal.selftest.scenario import described, scenario, scenario_names

        return [described(scenario(name)) for name in scenario_names()]

    def selftest(self, names: Sequence[str], jobs: int) -> Iterator[dict[str, Any]]:
        """Each in a process of its own."""
        from vrooli.main.selftest import selftest

        return selftest(names, jobs)

    def sudoers(self, stack: "Stack") -> str:
        """For the user who runs this."""
        import getpass
        import shutil

        from vrooli.autoheal.action import FOLDERS
        from vrooli.autoheal.sudoers import sudoers

        folders = ":".join(FOLDERS)
        return sudoers(
            getpass.getuser(), stack, lambda name: shutil.which(name, path=folders) or ""
        )

    def models(self, file: Path | None) -> "ModelSettings":
        """See `main.models_declared`."""
        from vrooli.main.models_declared import models_declared

        found = self.stack_file(file)
        stack = self.compiled(self.home(found)) or self.load_stack(found)
        return models_declared(stack, self._environment)

    def serve(self) -> int:
        """The API server."""
        need_work_half()
        from vrooli.main.server import main

        return main()

    def console(self) -> int:
        """The console."""
        from vrooli.stack.builtin.console import need_console

        need_console()
        from vrooli.main.console import main

        return main()

    def console_link(self, home: Home) -> dict[str, Any]:
        """See `main.console_link`."""
        from vrooli.main.console_link import console_link

        return console_link(self.compiled(home), home, self._environment)

    def worker(self, queues: str | None, slots: int | None) -> int:
        """A worker."""
        need_work_half()
        from vrooli.main.worker import main

        return main(queues, slots)

    def watch(self, file: Path | None) -> int:
        """The watchdog."""
        from vrooli.main.watchdog import run_for

        return run_for(self.home(file))

    def migrate(self) -> int:
        """The schema."""
        need_work_half()
        from vrooli.main.migrate import main

        return main()


def _free_ports(usual: Mapping[str, int]) -> dict[str, int]:
    """The usual ports, each moved up until it is free and not given twice."""
    chosen: dict[str, int] = {}
    for name, port in usual.items():
        candidates = (p for p in range(port, port + 1000) if p not in chosen.values() and _free(p))
        chosen[name] = next(candidates, port)
    return chosen


def _free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
