"""A repository of restic: named bytes, each in a snapshot of its own that has its name as a tag.

The program does all of it. Secrets go to it by its environment. A snapshot is there when all its
bytes came: whoever gives them and fails kills the program before their end.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from vrooli.core.errors import ConfigError, NotStored, StorageError
from vrooli.core.ports.outputs import Output, OutputProgram
from vrooli.host.outputs import LocalOutputs

OLDEST = (0, 17)
"""Before it no exit code told what a failure was."""

NO_REPOSITORY = 10
_NEXT = {
    NO_REPOSITORY: "`vrooli backup copy` makes it",
    11: "somebody works with it: wait, or `restic unlock`",
    12: "check the reference in `password`",
}
_TAG = "vrooli"
_SHOWN = 10
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One.

    Attributes:
        id: what restic calls it.
        name: of the bytes.
        file: the path that they have in it.
        size: how many there are.
    """

    id: str
    name: str
    file: str
    size: int


@dataclass(frozen=True, slots=True)
class Restic:
    """A repository, and how one gets in.

    Attributes:
        repository: as restic names it.
        cache: folder for what it need not fetch again.
        access_key, secret_key: of a bucket; may be empty.
    """

    repository: str
    password: str = field(repr=False)
    cache: Path
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)

    def snapshots(self) -> list[Snapshot]:
        """All of ours, the oldest first.

        Raises:
            ConfigError: there is no restic here that will do.
            StorageError: it fails, with its reason.
        """
        require_new(program())
        found = []
        for said in json.loads(self._run("snapshots", "--json", f"--tag={_TAG}") or "null") or ():
            names = [tag for tag in said["tags"] if tag != _TAG]
            size = int((said.get("summary") or {}).get("total_bytes_processed", 0))
            found += [Snapshot(said["id"], name, said["paths"][0], size) for name in names[:1]]
        return found

    def begin(self) -> None:
        """Have the repository be there, and nothing locked by who was killed."""
        try:
            self._run("cat", "config")
        except NotStored:
            self._run("init")
        self._run("unlock")

    def keep(self, name: str, pieces: Iterable[bytes | memoryview]) -> None:
        """Have them there as a snapshot, all or nothing.

        Raises:
            StorageError: restic fails; and whatever `pieces` raises.
        """
        argv = self._argv("backup", "--quiet", "--stdin", f"--tag={_TAG}", f"--tag={name}")
        argv += [f"--stdin-filename={name.replace('/', '-')}"]
        with tempfile.TemporaryFile() as said:
            with subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=said,
                env=self._environment,
                cwd="/",
            ) as child:
                assert child.stdin is not None
                try:
                    for piece in pieces:
                        child.stdin.write(piece)
                    child.stdin.close()
                except BrokenPipeError:  # it ended, and says why
                    pass
                except BaseException:
                    child.kill()  # before the end of its input: nothing of it is kept
                    raise
                code = child.wait()
            if code:
                raise self._failed("backup", code, _last(said))

    def reading(self, snapshot: Snapshot) -> OutputProgram:
        """What writes its bytes."""
        argv = self._argv("dump", snapshot.id, snapshot.file)
        return OutputProgram(f"read {snapshot.name}", argv, self._environment)

    def forget(self, ids: Iterable[str]) -> None:
        """Have those be gone; their room is given back by `prune`."""
        if known := tuple(ids):
            self._run("forget", "--quiet", *known)

    def prune(self) -> None:
        """Give back the room of what was forgotten."""
        self._run("prune", "--quiet")

    def check(self, share: str) -> None:
        """Read that share of what is stored, like `3/30`, or nothing; and how it hangs together.

        Raises:
            StorageError: something is damaged, with its words.
        """
        self._run("check", "--quiet", *([f"--read-data-subset={share}"] if share else ()))

    def _run(self, *arguments: str) -> str:
        ended = subprocess.run(
            self._argv(*arguments),
            capture_output=True,
            text=True,
            errors="replace",
            env=self._environment,
            cwd="/",
            check=False,
        )
        if ended.returncode == NO_REPOSITORY:
            raise NotStored("there is no repository here yet", where=self.repository)
        if ended.returncode:
            raise self._failed(arguments[0], ended.returncode, ended.stderr)
        return ended.stdout

    def _argv(self, *arguments: str) -> list[str]:
        return [program(), *arguments]

    @property
    def _environment(self) -> dict[str, str]:
        given = {
            "PATH": _PATH,
            "HOME": os.environ.get("HOME", "/"),
            "RESTIC_REPOSITORY": self.repository,
            "RESTIC_PASSWORD": self.password,
            "RESTIC_CACHE_DIR": str(self.cache),
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }
        return {name: value for name, value in given.items() if value}

    def _failed(self, what: str, code: int, said: str) -> StorageError:
        lines = [line for line in said.splitlines() if line.strip()][-_SHOWN:]
        shown = "".join(f"\n  | {line}" for line in lines)
        return StorageError(
            f"restic {what} ended with {code}{shown}",
            where=self.repository,
            next_step=_NEXT.get(code, "mend what it names, then again"),
        )


class ResticBlobs:
    """Small blobs in a repository: as the port `Blobs`, but that of two writers of one name both
    win. Who writes holds a lock of the home.
    """

    def __init__(self, restic: Restic) -> None:
        self.restic = restic
        self._known: dict[str, Snapshot] | None = None

    @property
    def where(self) -> str:
        """See the port."""
        return f"restic:{self.restic.repository}"

    def put(self, name: str, data: bytes) -> bool:
        """See the port."""
        if name in self.known():
            return False
        self.restic.keep(name, (data,))
        self._known = None
        return True

    def get(self, name: str) -> bytes:
        """See the port."""
        output = self.whole(name)
        data, buffer = bytearray(), bytearray(65536)
        try:
            while size := output.readinto(memoryview(buffer)):
                data += buffer[:size]
            output.finish()
        finally:
            output.end()
        return bytes(data)

    def whole(self, name: str) -> Output:
        """All of it, however much that is.

        Raises:
            NotStored: there is none of this name.
        """
        return LocalOutputs().open(self.restic.reading(self._snapshot(name)))

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """See the port."""
        for name, one in sorted(self.known().items()):
            if name.startswith(prefix):
                yield name, one.size

    def delete(self, name: str) -> None:
        """See the port."""
        self.forget([name])

    def forget(self, names: Iterable[str]) -> None:
        """The same of several."""
        known = self.known()
        self.restic.forget([known[name].id for name in names if name in known])
        self._known = None

    def _snapshot(self, name: str) -> Snapshot:
        try:
            return self.known()[name]
        except KeyError as error:
            raise NotStored(
                "there is nothing of this name", where=f"{self.where}: {name}"
            ) from error

    def known(self) -> Mapping[str, Snapshot]:
        """All, by their names; nothing where there is no repository yet."""
        if self._known is None:
            try:
                self._known = {one.name: one for one in self.restic.snapshots()}
            except NotStored:
                self._known = {}
        return self._known


def program() -> str:
    """The restic of this machine.

    Raises:
        ConfigError: there is none.
    """
    found = shutil.which("restic", path=_PATH)
    if found is None:
        raise ConfigError(
            "there is no restic on this machine",
            where="backup.stores",
            next_step="install restic 0.17 or newer (Debian 13: apt install restic), or leave that "
            "store out",
        )
    return found


def require_new(path: str) -> None:
    """Raise ConfigError where that restic is too old."""
    said = subprocess.run([path, "version"], capture_output=True, text=True, check=False).stdout
    match = re.match(r"restic (\d+)\.(\d+)", said)
    if match is None or (int(match[1]), int(match[2])) < OLDEST:
        raise ConfigError(
            f"restic 0.17 or newer is needed, and this is {said.partition(chr(10))[0][:80]}",
            where=path,
            next_step="install a newer one (Debian 13 has it), or leave that store out",
        )


def _last(file: IO[Any]) -> str:
    file.seek(0)
    return str(file.read().decode("utf-8", "replace"))
