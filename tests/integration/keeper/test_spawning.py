"""Starting a process: what it finds around it, and why it could not be started."""

import asyncio
import json
import os
import pwd
import signal
from pathlib import Path

import pytest

from tests.support.keeper_home import KeeperHome, environment_of, next_exit, until
from vrooli.core.errors import ProtocolError, StartFailed
from vrooli.host.keeper_client import KeeperClient

SURROUNDINGS = """
import os, json, signal
blocked = sorted(int(n) for n in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
status = dict(l.split(':', 1) for l in open('/proc/self/status'))
print(json.dumps({
    'pid': os.getpid(), 'sid': os.getsid(0), 'pgid': os.getpgid(0), 'cwd': os.getcwd(),
    'fds': sorted(os.listdir('/proc/self/fd')), 'stdin': os.readlink('/proc/self/fd/0'),
    'umask': os.umask(0), 'blocked': blocked, 'ignored': int(status['SigIgn'], 16),
}))
"""
PYTHON_IGNORES = (1 << signal.SIGPIPE - 1) | (1 << signal.SIGXFSZ - 1)
THE_LIBRARYS_OWN = 0b11 << 31
"""Signals 32 and 33: glibc keeps them to itself (nptl(7)), so nobody can reset them."""


async def test_a_process_starts_in_a_clean_place(place: KeeperHome, keeper: KeeperClient) -> None:
    ended = await keeper.run(place.python(SURROUNDINGS, cwd=str(place.folder)), timeout=30)
    assert ended.code == 0
    found = json.loads(place.said())
    assert found["sid"] == found["pgid"] == found["pid"]
    assert found["cwd"] == str(place.folder)
    assert found["fds"] == ["0", "1", "2", "3"], "3 is the listing itself"
    assert found["stdin"] == "/dev/null"
    assert found["umask"] == 0o022
    assert found["blocked"] == []
    ignored = found["ignored"] & ~THE_LIBRARYS_OWN
    assert ignored == PYTHON_IGNORES, "only what this very Python ignores"


async def test_a_shell_finds_every_signal_at_its_default(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    await keeper.run(place.spec("grep", "SigIgn", "/proc/self/status"), timeout=30)
    assert int(place.said().split()[1], 16) & ~THE_LIBRARYS_OWN == 0


async def test_a_polite_process_stands_behind_the_keeper(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    read = "import os; print(os.getpriority(os.PRIO_PROCESS, 0))"
    await keeper.run(place.python(read, service="usual"), timeout=30)
    await keeper.run(place.python(read, service="polite", nice=7), timeout=30)
    assert int(place.said("polite")) == min(19, int(place.said("usual")) + 7)


@pytest.mark.parametrize("nice", [-1, 20])
async def test_nobody_gets_ahead_of_the_others(
    place: KeeperHome, keeper: KeeperClient, nice: int
) -> None:
    with pytest.raises(ProtocolError, match="nice: expected 0 to 19"):
        await keeper.spawn(place.spec("true", nice=nice))


async def test_the_environment_is_what_was_given_and_the_marker(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    env = {"PATH": "/usr/bin:/bin", "SECRET": "geheim", "VROOLI_LAUNCH": "another:launch"}
    launch = await keeper.spawn(place.spec("sleep", "600", env=env))
    found = environment_of(launch.identity.pid)
    assert found.pop("VROOLI_LAUNCH").endswith(f":{launch.launch_id}")
    assert found == {"PATH": "/usr/bin:/bin", "SECRET": "geheim"}
    record = place.home.keeper_record
    assert "geheim" not in record.read_text(encoding="utf-8")
    assert record.stat().st_mode & 0o777 == 0o600


async def test_output_is_appended_to_the_log(place: KeeperHome, keeper: KeeperClient) -> None:
    place.log().write_text("before\n", encoding="utf-8")
    await keeper.run(place.shell("echo out; echo err >&2"), timeout=30)
    assert place.said() == "before\nout\nerr\n"


async def test_a_log_that_is_a_link_is_not_followed(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    target = place.folder / "target"
    target.write_text("keep", encoding="utf-8")
    place.log().symlink_to(target)
    with pytest.raises(StartFailed, match="cannot open the log"):
        await keeper.spawn(place.shell("echo overwritten"))
    assert target.read_text(encoding="utf-8") == "keep"


@pytest.mark.parametrize("length", [0, 10, 500_000])
async def test_text_of_any_length_reaches_standard_input(
    place: KeeperHome, keeper: KeeperClient, length: int
) -> None:
    await keeper.run(place.spec("wc", "-c", stdin="x" * length), timeout=30)
    assert int(place.said()) == length


async def test_standard_input_can_be_opened_by_name(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    await keeper.run(place.spec("cat", "/dev/stdin", stdin="secret"), timeout=30)
    assert place.said() == "secret"


async def test_the_program_is_found_through_the_given_path(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    folder = place.folder / "bin"
    folder.mkdir()
    _script(folder / "own-program", "#!/bin/sh\necho found\n")
    env = {"PATH": f"/nowhere:{folder}:/bin"}
    await keeper.run(place.spec("own-program", env=env), timeout=30)
    assert place.said() == "found\n"


def _script(path: Path, text: str, mode: int = 0o755) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


async def test_why_a_program_cannot_be_executed(place: KeeperHome, keeper: KeeperClient) -> None:
    plain = _script(place.folder / "plain", "text", mode=0o644)
    lost = _script(place.folder / "lost", "#!/no/such/interpreter\n")
    noise = _script(place.folder / "noise", "no first line\n")
    cases = {
        "no-such-program": r"command not found: no-such-program in PATH /usr/bin:/bin",
        "/no/such/program": r"command not found: /no/such/program",
        str(plain): r"may not execute",
        str(lost): r"the interpreter in the first line of .*/lost does not exist",
        str(noise): r"noise is no program for this machine",
        str(place.folder): r"may not execute",
    }
    for program, words in cases.items():
        with pytest.raises(StartFailed, match=words) as caught:
            await keeper.spawn(place.spec(program))
        assert caught.value.next_step
    assert await keeper.launches() == []


async def test_why_the_surroundings_do_not_allow_a_start(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    with pytest.raises(StartFailed, match="working directory /no/folder does not exist"):
        await keeper.spawn(place.spec("true", cwd="/no/folder"))
    with pytest.raises(StartFailed, match=r"cannot open the log /no/folder/x\.log"):
        await keeper.spawn(place.spec("true", log_path="/no/folder/x.log"))
    with pytest.raises(StartFailed, match="NUL character"):
        await keeper.spawn(place.spec("true", "a\0b"))
    with pytest.raises(StartFailed, match="cannot be passed on"):
        await keeper.spawn(place.spec("true", env={"A=B": "c"}))
    with pytest.raises(StartFailed, match="the command is empty"):
        await keeper.spawn(place.spec(""))
    with pytest.raises(StartFailed, match="too long"):
        await keeper.spawn(place.spec("true", "x" * 200_000, env={"PATH": "/bin"}))


async def test_a_user_that_does_not_exist_is_named(place: KeeperHome, keeper: KeeperClient) -> None:
    spec = place.spec("true", user="no-such-user")
    if os.geteuid() != 0:  # `user` means something to root only
        assert (await keeper.run(spec, timeout=30)).code == 0
        return
    with pytest.raises(StartFailed, match="user no-such-user does not exist"):
        await keeper.spawn(spec)


async def test_root_starts_a_service_as_its_user(place: KeeperHome, keeper: KeeperClient) -> None:
    place.folder.chmod(0o755)
    spec = place.spec("/usr/bin/env", "id", "-un", user="nobody" if os.geteuid() == 0 else None)
    assert (await keeper.run(spec, timeout=30)).code == 0
    expected = "nobody" if os.geteuid() == 0 else _own_name()
    assert place.said().strip() == expected


def _own_name() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name


async def test_a_process_that_ends_at_once_is_reported_all_the_same(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    for code in range(20):
        launch = await keeper.spawn(place.shell(f"exit {code}"))
        assert (await next_exit(keeper, launch)).code == code


async def test_a_hanging_working_directory_does_not_hold_up_the_others(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    """A log that is a pipe without a reader blocks the child as a dead network disk would."""
    pipe = place.folder / "pipe"
    os.mkfifo(pipe)
    stuck = asyncio.create_task(keeper.spawn(place.spec("true", log_path=str(pipe))))
    await until(lambda: b'"launches":[{' in place.home.keeper_record.read_bytes())
    assert (await keeper.run(place.shell("exit 4", service="other"), timeout=30)).code == 4
    with pytest.raises(StartFailed, match="could not be started within 10 s"):
        await stuck
    assert await keeper.launches() == []
