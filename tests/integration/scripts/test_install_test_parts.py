"""When `scripts/install-test-parts` changes the machine, and how it leaves it.

The script runs as it is, on a machine of its own: absolute paths lie below a temporary folder, and
PATH has stand-ins that note what they were called with.
"""

import os
import pty
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "install-test-parts"
TOOLS = ("chmod", "dirname", "ls", "mkdir", "rm", "tr")
PROGRAMS = {
    "redis-server": "redis-server",
    "postgresql": "initdb",
    "nginx": "nginx",
    "faketime": "faketime",
    "e2fsprogs": "mkfs.ext4",
    "systemd-container": "systemd-nspawn",
    "systemd-sysv": "../usr/lib/systemd/systemd",
    "dbus": "dbus-daemon",
    "dbus-user-session": "../usr/lib/systemd/user/dbus.service",
    "libpam-systemd": "../usr/lib/local/security/pam_systemd.so",
    "docker.io": "dockerd",
    "busybox-static": "busybox",
    "restic": "restic",
    "iproute2": "ip",
    "age": "age",
    "jq": "jq",
    "zstd": "zstd",
    "chromium": "chromium",
}
"""What tells that a package is there; not every one has a program."""
PACKAGES = tuple(PROGRAMS)
OWN = ("systemd", "dbus", "libpam")
"""Parts of the system itself: they are not disabled."""
DAEMONS = {"docker.io": ("docker", "docker.socket", "containerd")}
DISABLED = [
    "machines.target",
    *(d for name in PACKAGES if not name.startswith(OWN) for d in DAEMONS.get(name, (name,))),
]
END = "\x04"
"""What a terminal sends for Ctrl-D."""

APT_GET = """\
echo "apt-get $*" >>{room}/calls
[ "$1" = install ] || exit 0
/bin/sh {room}/usr/sbin/policy-rc.d || echo "daemons: $?" >>{room}/calls
[ -f {room}/etc/postgresql-common/createcluster.d/vrooli-tests.conf ] || exit 9
case $(cat {room}/apt 2>/dev/null) in
once) rm {room}/apt; exit 100 ;;
never) echo "E: no network" >&2; exit 100 ;;
interrupted) kill -INT 0 ;;
esac
for word in "$@"; do
    case $word in
    -*|install) ;;
    postgresql) : >{room}/bin/initdb; chmod 755 {room}/bin/initdb ;;
    e2fsprogs) : >{room}/bin/mkfs.ext4; chmod 755 {room}/bin/mkfs.ext4 ;;
    systemd-container) : >{room}/bin/systemd-nspawn; chmod 755 {room}/bin/systemd-nspawn ;;
    systemd-sysv) : >{room}/usr/lib/systemd/systemd; chmod 755 {room}/usr/lib/systemd/systemd ;;
    dbus) : >{room}/bin/dbus-daemon; chmod 755 {room}/bin/dbus-daemon ;;
    docker.io) : >{room}/bin/dockerd; chmod 755 {room}/bin/dockerd ;;
    busybox-static) : >{room}/bin/busybox; chmod 755 {room}/bin/busybox ;;
    restic) echo "echo restic 0.18.0" >{room}/bin/restic; chmod 755 {room}/bin/restic ;;
    iproute2) : >{room}/bin/ip; chmod 755 {room}/bin/ip ;;
    dbus-user-session) : >{room}/usr/lib/systemd/user/dbus.service ;;
    libpam-systemd) : >{room}/usr/lib/local/security/pam_systemd.so ;;
    *) : >{room}/bin/$word; chmod 755 {room}/bin/$word ;;
    esac
done
"""
NOTE = 'echo "$(basename "$0") $*" >>{room}/calls\n'
INSTALL = "apt-get install -qq -y --no-install-recommends " + " ".join(PACKAGES)


@dataclass
class Ended:
    """How the script ended."""

    code: int
    said: str


class Machine:
    """A fresh machine on which nothing is installed; root, and a container, unless it is said."""

    def __init__(self, room: Path) -> None:
        self.room = room
        libraries = ("usr/lib/systemd/user", "usr/lib/local/security")
        for folder in ("bin", "usr/sbin", "etc", "run", *libraries):
            (room / folder).mkdir(parents=True)
        for tool in (*TOOLS, "cat", "basename"):
            found = shutil.which(tool)
            assert found is not None
            (room / "bin" / tool).symlink_to(found)
        self.put("apt-get", APT_GET)
        self.put("systemctl", NOTE)
        self.put("update-rc.d", NOTE)
        self.put("id", "echo 0\n")
        text = SCRIPT.read_text(encoding="utf-8")
        for root in ("/usr/", "/etc/", "/run/"):
            assert f" {root}" in text or f"={root}" in text
            text = text.replace(root, f"{room}{root}")
        self._script = room / "script"
        self._script.write_text(text, encoding="utf-8")

    def put(self, name: str, text: str = "") -> None:
        """A program."""
        path = self.room / "bin" / name
        path.write_text("#!/bin/sh\n" + text.replace("{room}", str(self.room)), encoding="utf-8")
        path.chmod(0o755)

    def boot_systemd(self) -> None:
        """systemd is PID 1: no container."""
        (self.room / "run/systemd/system").mkdir(parents=True)

    def apt_works(self, how: str) -> None:
        """`never`, not at `once`, or it is `interrupted`."""
        (self.room / "apt").write_text(how, encoding="utf-8")

    def run(self, *arguments: str, answer: str | None = None, ci: bool = False) -> Ended:
        """Run it, on a terminal when there is an answer."""
        terminal, stdin = pty.openpty()
        try:
            if answer is not None:
                os.write(terminal, answer.encode())
            ended = subprocess.run(
                ["/bin/sh", str(self._script), *arguments],
                stdin=subprocess.DEVNULL if answer is None else stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={"PATH": str(self.room / "bin"), **({"CI": "true"} if ci else {})},
                start_new_session=True,
                text=True,
                timeout=60,
                check=False,
            )
        finally:
            os.close(terminal)
            os.close(stdin)
        return Ended(ended.returncode, ended.stdout)

    def calls(self) -> list[str]:
        """What was called, in order."""
        path = self.room / "calls"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def left(self) -> list[Path]:
        """Files that it left where the system has its own."""
        found = [p for top in ("usr/sbin", "etc") for p in (self.room / top).rglob("*")]
        return [path for path in found if path.is_file()]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A fresh one."""
    return Machine(tmp_path)


def test_what_is_there_is_not_installed_again(machine: Machine) -> None:
    for program in PROGRAMS.values():
        machine.put(program)
    machine.put("restic", "echo restic 0.18.0\n")
    assert machine.run() == Ended(0, "")
    assert machine.calls() == []
    assert "monit" in machine.run("--bench").said


def test_a_container_gets_all_of_it_with_no_daemon_started_or_enabled(machine: Machine) -> None:
    ended = machine.run()
    assert (ended.code, ended.said.strip()) == (
        0,
        f"Installing Debian packages for the tests: {' '.join(PACKAGES)}",
    )
    disabled = [f"systemctl disable --quiet {name}" for name in DISABLED]
    assert machine.calls() == [INSTALL, "daemons: 101", *disabled]
    assert machine.left() == []
    assert machine.run() == Ended(0, "")


def test_without_systemd_daemons_are_disabled_too(machine: Machine) -> None:
    (machine.room / "bin" / "systemctl").unlink()
    assert machine.run().code == 0
    assert machine.calls()[2:] == [f"update-rc.d {name} disable" for name in DISABLED]


@pytest.mark.parametrize("answer", ["y\n", "yes\n", "Y\n"])
def test_a_machine_with_systemd_is_changed_after_a_yes(machine: Machine, answer: str) -> None:
    machine.boot_systemd()
    ended = machine.run(answer=answer)
    assert ended.code == 0
    assert f"need these Debian packages: {' '.join(PACKAGES)}\n" in ended.said
    stopped = [f"systemctl {verb} {n}" for n in DISABLED for verb in ("disable --quiet", "stop")]
    assert machine.calls() == [INSTALL, "daemons: 101", *stopped]
    assert machine.left() == []


@pytest.mark.parametrize("answer", ["n\n", "\n", "no, yes\n", END])
def test_any_other_answer_changes_nothing_and_says_what_is_missing(
    machine: Machine, answer: str
) -> None:
    machine.boot_systemd()
    ended = machine.run(answer=answer)
    assert (ended.code, machine.calls()) == (0, [])
    missing = f"Not installed: {' '.join(PACKAGES)}. The tests that need them are skipped"
    newline = "\n" if answer == END else ""  # the others are typed, and shown by the terminal
    assert f"[y/N] {newline}{missing}" in ended.said


def test_nobody_is_asked_where_nobody_can_answer(machine: Machine) -> None:
    machine.boot_systemd()
    ended = machine.run()
    assert (ended.code, machine.calls()) == (0, [])
    assert ended.said.startswith("Not installed: ")


def test_nobody_is_asked_in_ci(machine: Machine) -> None:
    machine.boot_systemd()
    ended = machine.run(answer="n\n", ci=True)
    assert ended.code == 0
    assert "[y/N]" not in ended.said
    assert machine.calls()[0] == INSTALL


@pytest.mark.parametrize("ci", [False, True])
def test_who_is_not_root_changes_nothing_and_a_missing_part_fails_ci(
    machine: Machine, ci: bool
) -> None:
    machine.put("id", "echo 1000\n")
    ended = machine.run(answer="y\n", ci=ci)
    assert (ended.code, machine.calls()) == (int(ci), [])
    assert f"as root: apt-get install {' '.join(PACKAGES)}" in ended.said


def test_old_lists_are_fetched_anew(machine: Machine) -> None:
    machine.apt_works("once")
    assert machine.run().code == 0
    apt = [call for call in machine.calls() if call.startswith("apt-get")]
    assert apt == [INSTALL, "apt-get update -qq", INSTALL]


@pytest.mark.parametrize("ci", [False, True])
def test_what_cannot_be_installed_is_missing_and_nothing_is_left(
    machine: Machine, ci: bool
) -> None:
    machine.apt_works("never")
    ended = machine.run(ci=ci)
    assert ended.code == int(ci)
    assert "E: no network" in ended.said
    assert "Not installed: " in ended.said
    assert machine.left() == []


def test_a_restic_that_is_too_old_is_told_and_fails_nothing(machine: Machine) -> None:
    for program in PROGRAMS.values():
        machine.put(program)
    machine.put("restic", "echo restic 0.14.0\n")
    machine.apt_works("never")
    ended = machine.run(ci=True)
    assert (ended.code, "Not installed: restic." in ended.said) == (0, True)


def test_an_interrupt_leaves_nothing(machine: Machine) -> None:
    machine.apt_works("interrupted")
    assert machine.run().code in (-2, 130)
    assert machine.left() == []


def test_a_policy_of_the_machine_stays_as_it_is(machine: Machine) -> None:
    policy = machine.room / "usr/sbin/policy-rc.d"
    policy.write_text("exit 104\n", encoding="utf-8")
    assert machine.run().code == 0
    assert "daemons: 104" in machine.calls()
    assert policy.read_text(encoding="utf-8") == "exit 104\n"
