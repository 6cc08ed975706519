"""A Docker Engine of its own: a dockerd in a network and a mount namespace that end with it, with
one image of busybox. It is up in about a second, and leaves nothing.

Its state lies below a folder of the test, its network touches nothing of this machine, and what
runs in its containers ends with it. Processes are seen from outside: the pid namespace is ours.
"""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 60.0  # seconds; only a broken test waits so long
IMAGE = "bb:1"
BUSYBOX = Path("/bin/busybox")
NETWORK_NAMESPACES = Path("/run/netns")


def why_not() -> str:
    """Why there can be none here; empty when there can."""
    programs = ("dockerd", "containerd", "docker-proxy", "runc", "ip", "nsenter", "unshare")
    missing = [name for name in programs if not _program(name)]
    if os.geteuid() != 0:
        return "only root can run a Docker Engine"
    if missing:
        return f"not installed: {', '.join(missing)} (apt-get install docker.io iproute2)"
    if not BUSYBOX.exists():
        return "not installed: busybox (apt-get install busybox-static)"
    return ""


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


class DockerEngine:
    """One Engine. `create` containers, `docker` commands, `stop` and `start` it again.

    Attributes:
        socket: where it listens.
        inside: begins a command that runs in its network, where ports of containers are.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="vd-", dir="/tmp"))
        self.socket = self.folder / "docker.sock"
        self._network = f"vd{self.folder.name[3:]}"
        self._log = self.folder / "dockerd.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.inside = ("nsenter", f"--net={NETWORK_NAMESPACES / self._network}")
        _run("ip", "netns", "add", self._network)
        _run(*self.inside, "ip", "link", "set", "lo", "up")

    # The Engine

    def start(self) -> None:
        """Start it; returns when it answers."""
        command = [
            *self.inside,
            *("unshare", "--mount", "--propagation", "private"),
            *("dockerd", "--data-root", str(self.folder / "data")),
            *("--exec-root", str(self.folder / "exec"), "--pidfile", str(self.folder / "pid")),
            *("--host", f"unix://{self.socket}", "--storage-driver", "overlay2"),
            *("--exec-opt", "native.cgroupdriver=cgroupfs"),
            *("--default-ulimit", "nofile=20000:20000", "--shutdown-timeout", "3"),
        ]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        deadline = time.monotonic() + PATIENCE
        while self.docker("version", check=False).returncode != 0:
            assert self._process.poll() is None, self.story()
            assert time.monotonic() < deadline, self.story()
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Stop it, and so its containers."""
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.wait(PATIENCE)
        self._process = None

    def send(self, number: int) -> None:
        """Signal it: to hang, to go on."""
        assert self._process is not None
        self._process.send_signal(number)

    def load_image(self, name: str = IMAGE, seed: str = "") -> None:
        """`name`, which is busybox alone; with another `seed` it is another image."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.add(BUSYBOX, "bin/busybox")
            for tool in ("sh", "sleep", "cat", "test", "httpd", "touch", "rm", "echo", "kill"):
                link = tarfile.TarInfo(f"bin/{tool}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(link)
        subprocess.run(
            [*self._client, "import", "--message", seed, "-", name],
            input=archive.getvalue(),
            check=True,
            capture_output=True,
            timeout=PATIENCE,
        )

    def close(self) -> None:
        """End all that runs in it, and take everything away."""
        with contextlib.suppress(subprocess.SubprocessError, AssertionError):
            if self._process is not None:
                ids = self.docker("ps", "--all", "--quiet").stdout.split()
                if ids:
                    self.docker("rm", "--force", "--volumes", *ids)
        self.stop()
        self._end_leftovers()
        _run("ip", "netns", "del", self._network)
        shutil.rmtree(self.folder)

    def story(self) -> str:
        """What helps to understand a failure."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-5000:]

    # Its containers

    def docker(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """`docker ARGUMENTS` by hand."""
        ended = subprocess.run(
            [*self._client, *arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert not check or ended.returncode == 0, f"{ended.stderr}\n{self.story()}"
        return ended

    def create(self, name: str, script: str, *options: str) -> None:
        """A container that runs a script of the shell, not started."""
        self.docker("create", "--name", name, *options, IMAGE, "sh", "-c", script)

    def state(self, name: str) -> dict[str, Any]:
        """Its `State`, as `docker inspect` tells it."""
        told: dict[str, Any] = json.loads(self.docker("inspect", name).stdout)[0]
        return {**told["State"], "RestartCount": told["RestartCount"]}

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Signal its main process past the Engine, as a crash does; its pid."""
        pid = int(self.state(name)["Pid"])
        assert pid > 0, f"{name} does not run"  # 0 would be this process, and all beside it
        os.kill(pid, number)
        return pid

    @property
    def _client(self) -> list[str]:
        return ["docker", "--host", f"unix://{self.socket}"]

    def _end_leftovers(self) -> None:
        """What a killed Engine left: its containerd, and the processes of its containers."""
        deadline = time.monotonic() + PATIENCE
        while left := _processes_of(self.folder):
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            assert time.monotonic() < deadline, f"left: {left}"
            time.sleep(0.05)


def _processes_of(folder: Path) -> list[int]:
    """Processes that see a mount of the folder: the Engine with all that belongs to it, and what
    runs in its containers.
    """
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if f"{folder}/" in (entry / "mountinfo").read_text(errors="replace"):
                    found.append(int(entry.name))
    return found


def _run(*command: str) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{command}: {ended.stderr}"


@contextlib.contextmanager
def docker_engine() -> Iterator[DockerEngine]:
    """One that runs, with its image; the test is skipped where there can be none."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    engine = DockerEngine()
    try:
        engine.start()
        engine.load_image()
        yield engine
    finally:
        engine.close()
