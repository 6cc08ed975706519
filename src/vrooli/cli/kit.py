"""What commands work with. `main` fills it, so that a command imports neither host nor subsystems,
and only when it runs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from vrooli.cli.render import note
from vrooli.core.errors import UsageError
from vrooli.core.home import Home

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.recovery import Asked, Recovery
    from vrooli.client.accounts import AccountsClient
    from vrooli.client.api import Bearer
    from vrooli.client.fleet import FleetClient
    from vrooli.client.login import LoginFile
    from vrooli.client.swarms import SwarmClient
    from vrooli.client.watchdog import WatchdogClient
    from vrooli.client.work import WorkClient
    from vrooli.execution.llm.settings import ModelSettings
    from vrooli.stack.diff import Difference
    from vrooli.stack.model import Service, Stack
    from vrooli.stack.scanning.scan import Scanned
    from vrooli.stack.upgrading import Wish

Progress = Iterator[dict[str, Any]]
"""Progress lines (`stack.progress.Step` as JSON), the last one `{"done": true, "ok": ...}`."""


@dataclass(frozen=True, slots=True)
class BroughtUp:
    """What stands before services are started.

    Attributes:
        watched: whether a watchdog holds the home.
        difference: what an edit changed since the last `up`; None at the first.
        rotated: by service that runs, the references that have another value now.
        protected: whether the operating system starts it again after a reboot.
        protectable: whether this machine has a service manager that could.
        stopped: services that were stopped because the edit took them out.
        started: which of `keeper` and `watchdog` had to be started.
        again: whether the stack was meant to be up already.
        progress: of the operation that was asked for together with it.
    """

    watched: bool
    difference: "Difference | None"
    rotated: Mapping[str, tuple[str, ...]]
    protected: bool
    protectable: bool
    stopped: tuple[str, ...] = ()
    started: tuple[str, ...] = ()
    again: bool = False
    progress: Progress = field(default_factory=lambda: iter(()))


class Kit(Protocol):
    """Everything that commands need from outside. Every method may raise a VrooliError."""

    def stack_file(self, said: Path | None) -> Path | None:
        """The file in force: as said, else searched upward, else None (the default stack)."""
        ...

    def load_stack(self, file: Path | None) -> "Stack":
        """The compiled stack of that file; `ConfigError` with every mistake in it."""
        ...

    def troubles(self, stack: "Stack") -> list[str]:
        """What `stack` names and this machine has not (secrets, programs), a line each."""
        ...

    def overlaps(self, stack: "Stack") -> list[str]:
        """Who else starts and stops what `stack` declares, a line each."""
        ...

    def held_log(self, stack: "Stack", service: "Service", lines: int) -> list[str]:
        """The last lines that the manager of `service` keeps of it."""
        ...

    def schema(self) -> dict[str, Any]:
        """JSON Schema of `vrooli.toml`."""
        ...

    def home(self, file: Path | None) -> Home:
        """The home of that file's stack; works also when the file is broken, while it is certain
        which stack that is. Else `ConfigError`: the default stack is not meant by such a file.
        """
        ...

    def compiled(self, home: Home) -> "Stack | None":
        """The stack that was brought up last; None before the first time."""
        ...

    def edits(self, file: Path | None, home: Home) -> "Difference | None":
        """What an `up` would change, because `file` was edited; None when it was not.
        `ConfigError` when it has mistakes now.
        """
        ...

    def check_takeover(self, stack: "Stack", home: Home) -> None:
        """`UsageError` when another file's stack runs in `home`: an `up` would replace it."""
        ...

    def check_own(self, file: Path | None, home: Home) -> None:
        """`UsageError` when what runs in `home` was brought up from another file than `file`."""
        ...

    def bring_up(self, stack: "Stack", home: Home) -> BroughtUp:
        """Keep the stack as the last good one, and have keeper and watchdog running."""
        ...

    def start(self, stack: "Stack", home: Home, action: str, names: Sequence[str]) -> BroughtUp:
        """`bring_up`, and up, start or restart: taken on when this returns."""
        ...

    def stop(self, home: Home, names: Sequence[str]) -> Progress:
        """Stop services: through the watchdog, or by ourselves while there is none."""
        ...

    def recovery(self, asked: "Asked") -> "Recovery":
        """Making a stack anew from a store and its key."""
        ...

    def upgrade(self, home: Home, name: str, wish: "Wish") -> Progress:
        """Move a resource to another major version, or back: through the watchdog, or by ourselves
        while there is none.
        """
        ...

    def backups(self, home: Home) -> "Backups":
        """Restore points of the stack in `home`."""
        ...

    def bring_down(self, home: Home) -> Progress:
        """Stop everything: services, watchdog, keeper."""
        ...

    def watchdog(self, home: Home) -> "WatchdogClient":
        """The watchdog's API."""
        ...

    def work(self, home: Home) -> "WorkClient":
        """The server's API about routines and runs.

        Raises:
            UsageError: the stack has no server.
        """
        ...

    def swarms(self, home: Home) -> "SwarmClient":
        """The same server, with its swarms."""
        ...

    def accounts(self, home: Home) -> "AccountsClient":
        """The server's API about users, as whoever is logged in there, or with its token."""
        ...

    def fleet(self, home: Home) -> "FleetClient":
        """The server's API about other hosts, as the same."""
        ...

    def joining(self, home: Home, server: str) -> "AccountsClient":
        """The same as nobody, for whoever has no account or is not logged in.

        Args:
            home: of the stack whose server it is when none is said.
            server: `http://HOST:PORT`, or empty.
        """
        ...

    def login_file(self) -> "LoginFile":
        """Where the session of whoever is logged in here is kept."""
        ...

    def session(self) -> "Bearer":
        """That session, to show."""
        ...

    def stop_watchdog(self, home: Home) -> bool:
        """Stop the watchdog, services run on; whether there was one."""
        ...

    def unwatched_status(self, home: Home) -> Mapping[str, Any]:
        """The status as far as it can be known without a watchdog."""
        ...

    def is_root(self) -> bool:
        """Whether whoever calls may do everything here."""
        ...

    def preview_unit(self, home: Home, stack: "Stack", manager: str) -> Mapping[str, Any]:
        """Files and commands by which the operating system would start the stack at boot."""
        ...

    def install_unit(self, home: Home, stack: "Stack") -> Mapping[str, Any]:
        """Have it do so: `{changed, did[], protection}`."""
        ...

    def uninstall_unit(self, home: Home) -> Mapping[str, Any]:
        """Undo that: `{changed, did[], protection}`, the last one None."""
        ...

    def protection(self, home: Home) -> Mapping[str, Any]:
        """Whether it would (`autoheal.protection.Protection` as JSON)."""
        ...

    def init_text(self, folder: Path) -> str:
        """A commented `vrooli.toml` with free ports for a stack in `folder`, named after it."""
        ...

    def scan(self, path: Path, text: str) -> "Scanned":
        """What runs on this machine, and `text`, which is or will be the file `path`, has not."""
        ...

    def scenarios(self) -> list[dict[str, Any]]:
        """Scenarios of the selftest: `{id, fault, promise, pages}`."""
        ...

    def selftest(self, names: Sequence[str], jobs: int) -> Iterator[dict[str, Any]]:
        """Reports of the selftest as scenarios end."""
        ...

    def sudoers(self, stack: "Stack") -> str:
        """The sudoers file for what `stack` allows the watchdog to do to the machine."""
        ...

    def models(self, file: Path | None) -> "ModelSettings":
        """Language models and their prices, as VROOLI_MODELS says here, or in the stack of that
        file; `UsageError` with the place of what is wrong.
        """
        ...

    def serve(self) -> int:
        """Run the API server in this process; its exit code."""
        ...

    def console(self) -> int:
        """Run the console in this process; its exit code."""
        ...

    def console_link(self, home: Home) -> dict[str, Any]:
        """`{url, until, tunnel}` of a link that signs somebody in, once; UsageError without a
        console.
        """
        ...

    def worker(self, queues: str | None, slots: int | None) -> int:
        """Work on runs in this process; its exit code. What is None is as the environment says."""
        ...

    def watch(self, file: Path | None) -> int:
        """Run the watchdog in this process; its exit code."""
        ...

    def migrate(self) -> int:
        """Bring the database schema up to date; the exit code."""
        ...


def watchdog_of(kit: Kit, file: Path | None) -> "WatchdogClient":
    """The API of the watchdog of that file's stack, for commands that only look."""
    return kit.watchdog(home_to_read(kit, file))


def home_to_read(kit: Kit, file: Path | None) -> Home:
    """The home of that file's stack, for commands that only look. Where what runs there was brought
    up from another file, a note says so.
    """
    found = kit.stack_file(file)
    home = kit.home(found)
    try:
        kit.check_own(found, home)
    except UsageError as error:
        note(f"note: {error.what}")
    return home


def home_to_change(kit: Kit, file: Path | None) -> Home:
    """The home of that file's stack, for commands that do something to what runs there."""
    found = kit.stack_file(file)
    home = kit.home(found)
    kit.check_own(found, home)
    return home


def watchdog_to_command(kit: Kit, file: Path | None) -> "WatchdogClient":
    """The API of the watchdog of that file's stack, for commands that change something."""
    return kit.watchdog(home_to_change(kit, file))
