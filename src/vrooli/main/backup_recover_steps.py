"""The steps of `vrooli recover`. Each may be done again without harm: whoever was killed in the
middle of one does it again.
"""

import asyncio
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from vrooli.backup.fetching import fetch
from vrooli.backup.keys import IDENTITY, MAC, Keys
from vrooli.backup.recovery import SYSTEM, Did, Returning, services_of
from vrooli.backup.store import Store
from vrooli.client.watchdog import WatchdogClient
from vrooli.core.errors import VrooliError
from vrooli.core.home import Home
from vrooli.core.sizes import rough_size
from vrooli.flow.entries import Failure, Finished
from vrooli.flow.interpreter import Call
from vrooli.host.secrets import secret_in
from vrooli.main.backup_bringing import Bringing
from vrooli.main.backup_files import lines_of, put_back
from vrooli.main.backup_laid import Laid, put_whole
from vrooli.main.backup_place import BackupPlace
from vrooli.main.places import make_home
from vrooli.stack.durable import write_durably
from vrooli.stack.pace import Measured, headed
from vrooli.stack.upgrading import Wish

Told = Callable[[str], None]

_STAGE = "recovery.new"
_WELL = ("ok", "warning")


@dataclass(frozen=True, slots=True)
class Recovering:
    """What the steps work with.

    Attributes:
        parts: what comes back.
        file: where the stack file is, or will be.
        again: whether an earlier command began it: the machine may have been started anew since.
        adopts: whether the stores of the old machine are written to from here.
    """

    home: Home
    environment: Mapping[str, str]
    store: Store
    keys: Keys
    identity: str = field(repr=False)
    parts: tuple[Returning, ...]
    file: Path
    up: Bringing
    again: bool
    adopts: bool

    @property
    def stack_file(self) -> Path | None:
        """The one that is used; None for the built-in stack."""
        return self.file if self.file.exists() else None

    def of(self, service: str) -> Returning:
        """What comes back of a service, or of files."""
        return next(one for one in self.parts if one.service == service)


class RecoverySteps:
    """Executes them; see `flow.driver.Executor`."""

    def __init__(self, of: Recovering, told: Told) -> None:
        self._of, self._told = of, told
        self._stands = not of.again

    def repeatable(self, call: Call) -> bool:
        """All of them."""
        return True

    def lasting(self, call: Call) -> bool:
        """None: each is done from its beginning."""
        return False

    async def execute(self, call: Call, begun: float) -> Finished:
        """See the protocol."""
        path, attempt, type = call.path, call.attempt, call.node.type
        steps: dict[str, Callable[[str], Did]] = {
            "lay": self._lay,
            "system": self._system,
            "resources": self._resources,
            "restore": self._restore,
            "files": self._files,
            "everything": self._everything,
            "verify": self._verify,
        }
        began = time.monotonic()
        try:
            did = await asyncio.to_thread(steps[type], call.arguments["service"])
        except VrooliError as error:
            failure = Failure(type, error.what, error.where or path)
        except OSError as error:
            failure = Failure(type, error.strerror or str(error), str(error.filename or path))
        else:
            seconds = time.monotonic() - began
            self._told(f"  done in {seconds:.1f} s")
            output = {**asdict(did), "seconds": round(seconds, 3)}
            return Finished(path, attempt, type, output, None, time.time())
        self._told(f"  failed: {failure.reason}")
        return Finished(path, attempt, type, None, failure, time.time())

    def _begins(self, title: str) -> Told:
        """Tell of a step; then lines of it."""
        self._told(title)
        return lambda line: self._told(headed("  ", line))

    def _lay(self, _: str) -> Did:
        """A home with the keys."""
        self._begins("lay the home, with the key")
        of = self._of
        make_home(of.home)
        secret_in(of.home.backup_identity, lambda: of.identity)
        secret_in(of.home.secrets / MAC, lambda: of.keys.mac.decode())
        return Did(lines=(str(of.home.root),))

    def _system(self, _: str) -> Did:
        """The stack file and the secrets, where there are any."""
        of = self._of
        one = next((one for one in of.parts if one.source == SYSTEM), None)
        if one is None:
            told = self._begins("the stack file and the secrets are in no point")
            told(line := "the stack that is here, else the built-in one; with new secrets")
            return Did(lines=(line,))
        told = self._begins("put the stack file and the secrets in their places")
        stage = of.home.root / _STAGE
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(mode=0o700)
        part = of.store.point(one.point).part_of(one.service)
        assert part is not None
        unpacked = fetch(part, of.store, of.keys, stage, None, lambda _: None)
        did = self._laid(Laid(stage), told)
        shutil.rmtree(stage)
        # Where we are not root, the secrets of whoever ran it are ours now, as they should be.
        lines = lines_of(unpacked) if os.geteuid() == 0 else []
        for line in lines:
            told(line)
        return Did(lines=(*did.lines, *lines), left=did.left)

    def _laid(self, laid: Laid, told: Told) -> Did:
        of, lines, left = self._of, list[str](), list[str]()
        laid.put_secrets(of.home.secrets, but=(IDENTITY, MAC))
        if of.file.exists():
            lines.append(f"{of.file} is there: it counts, and not the one of the point")
        elif (text := laid.stack_file()) is not None:
            write_durably(of.file, text, 0o644)
            lines.append(f"{of.file} is back")
        for path, target in laid.named():
            try:
                put_whole(path, target)
                lines.append(f"{target} is back")
            except OSError as error:
                left.append(f"{target} cannot be put back: {error.strerror}")
        for line in (*lines, *left):
            told(line)
        return Did(lines=tuple(lines), left=tuple(left))

    def _resources(self, _: str) -> Did:
        """What has data, and what that needs, still empty."""
        of = self._of
        known = of.up.load(of.stack_file).services
        names = tuple(name for name in services_of(of.parts) if name in known)
        told = self._begins(f"bring up {', '.join(names) or 'nothing'}, still empty")
        if names:
            of.up(of.home, of.stack_file, names, told)
        self._stands = True
        return Did(lines=names)

    def _restore(self, service: str) -> Did:
        """The data of one; what was made empty a moment ago is not kept."""
        of, one = self._of, self._of.of(service)
        along = f", and {one.files} files of WAL" if one.files else ""
        told = self._begins(f"restore {service}, {rough_size(one.plain)}{along}")
        declared = of.up.load(of.stack_file).services.get(service)
        if declared is None or not declared.managed:
            told("it is none that this stack runs: its data stays in the store")
            step = f"declare it, then `vrooli restore {one.point} --only {service}`"
            return Did(left=(f"{service} is not restored: the stack runs none. Next: {step}",))
        self._stand((service,))
        # The same each time: whoever was killed after it was in force does not do it again.
        mark = hashlib.sha256(f"{one.point} {service}".encode()).hexdigest()[:8]
        wish = Wish(
            restore=one.point,
            room=one.room,
            until=one.until,
            timeline=one.timeline,
            partway=bool(one.gap),
            mark=mark,
        )
        note = of.up.upgrade(of.home, service, wish, told).partition(". What was in force")[0]
        of.up.upgrade(of.home, service, Wish(forget=True), lambda _: None)
        told(note)
        return Did(lines=(note,))

    def _stand(self, names: tuple[str, ...]) -> None:
        """Whoever began this may have died with the machine, and all that ran with it."""
        of = self._of
        if not self._stands:
            of.up(of.home, of.stack_file, names, lambda _: None)

    def _files(self, service: str) -> Did:
        """Files, as far as they can be."""
        of, one, lines = self._of, self._of.of(service), list[str]()
        told = self._begins(f"put back {service}, {rough_size(one.plain)}")

        def noted(line: str) -> None:
            if not isinstance(line, Measured):
                lines.append(line)
            told(line)

        place = BackupPlace(of.home, of.environment)
        left = put_back(place, of.store, one.point, service, noted)
        return Did(lines=tuple(line for line in lines if line not in left), left=tuple(left))

    def _everything(self, _: str) -> Did:
        """All of it, until it is healthy. Whose the stores are is known before a job asks, where
        something was brought up already.
        """
        told = self._begins("bring up everything")
        of = self._of
        known = of.home.stack_json.exists()
        if known:
            self._own(told)
        of.up(of.home, of.stack_file, (), told)
        self._stands = True
        if not known:
            self._own(told)
        return Did()

    def _own(self, told: Told) -> None:
        spread = BackupPlace(self._of.home, self._of.environment).spread(told)
        for name in spread.stores.settings():
            try:
                if self._of.adopts:
                    spread.adopt(name)
                    told(f"{name} is written to from here")
                else:
                    spread.ours(name)
            except VrooliError as error:
                told(f"{name}: {error.what}")

    def _verify(self, _: str) -> Did:
        """What the watchdog sees."""
        told = self._begins("see that it works")
        self._stand(())
        seen = WatchdogClient.of(self._of.home).status()
        rows = [row for row in seen["services"] if row["state"] != "stopped"]
        unwell = [row["name"] for row in rows if row["health"] not in _WELL]
        lines = [f"{len(rows) - len(unwell)} of {len(rows)} services are healthy"]
        for line in lines:
            told(line)
        left = [f"{name} is not healthy: `vrooli-autoheal explain {name}`" for name in unwell]
        return Did(lines=tuple(lines), left=tuple(left))
