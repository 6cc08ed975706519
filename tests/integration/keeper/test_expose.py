"""A service's user sees what it needs below a folder that it may not search, and nothing else."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import vrooli
from tests.support.keeper_home import KeeperHome, next_exit
from tests.support.root import ROOT, becomes_another
from vrooli.core.errors import StartFailed
from vrooli.core.launch import LaunchSpec
from vrooli.host.keeper_client import KeeperClient

USER = "nobody"

LOOK = """
cd "$1" || exit 3
for path in code/program code/deep/file data secret other current/program; do
    if [ -e "$path" ]; then echo "sees $path"; fi
done
id -u
cat code/program
echo written > data/by-user && echo "can write"
echo x 2>/dev/null > code/new || echo "code is read-only to it"
echo x 2>/dev/null > made || echo "the cover is closed"
"""


@dataclass
class Vault:
    """A closed folder with something to expose and something to hide."""

    folder: Path

    @property
    def code(self) -> str:
        """To be read."""
        return str(self.folder / "code")

    @property
    def data(self) -> str:
        """To be written."""
        return str(self.folder / "data")

    def spec(self, place: KeeperHome, *expose: str, script: str = LOOK) -> LaunchSpec:
        """Look around in there, as the other user when we are root."""
        return place.spec(
            "/bin/sh", "-c", script, "sh", str(self.folder), user=USER, expose=expose
        )  # fmt: skip


@pytest.fixture
def vault(place: KeeperHome) -> Vault:
    """A 0700 folder (0755 when we are not root, since there is no other user to become)."""
    place.folder.chmod(0o755)
    folder = place.folder / "vault"
    (folder / "code/deep").mkdir(parents=True)
    (folder / "code/program").write_text("the program\n", encoding="utf-8")
    (folder / "code/deep/file").write_text("deep\n", encoding="utf-8")
    (folder / "data").mkdir()
    (folder / "secret").write_text("hidden\n", encoding="utf-8")
    (folder / "current").symlink_to("code")
    if ROOT:
        folder.chmod(0o700)
        os.chown(folder / "data", 65534, 65534)
    return Vault(folder)


async def test_what_is_exposed_is_seen_and_the_rest_is_not(
    place: KeeperHome, keeper: KeeperClient, vault: Vault
) -> None:
    ended = await keeper.run(vault.spec(place, vault.code, vault.data), timeout=30)
    said = place.said()
    assert ended.code == 0, said
    assert {"sees code/program", "sees code/deep/file", "sees data"} <= set(said.splitlines())
    assert "the program" in said
    assert "can write" in said
    assert (vault.folder / "data/by-user").read_text(encoding="utf-8") == "written\n"
    if ROOT:
        assert "secret" not in said
        assert "other" not in said
        assert "code is read-only to it" in said
        assert "the cover is closed" in said
        assert "65534" in said.splitlines()


async def test_the_machine_itself_sees_no_change(
    place: KeeperHome, keeper: KeeperClient, vault: Vault
) -> None:
    before = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    script = 'echo up; exec sleep 600; : "$1"'
    launch = await keeper.spawn(vault.spec(place, vault.code, script=script))
    await place.until_said("up")
    assert Path("/proc/self/mountinfo").read_text(encoding="utf-8") == before
    assert (vault.folder / "secret").read_text(encoding="utf-8") == "hidden\n"
    own = os.readlink("/proc/self/ns/mnt")
    theirs = os.readlink(f"/proc/{launch.identity.pid}/ns/mnt")
    assert (theirs != own) is ROOT
    assert os.readlink(f"/proc/{place.keeper().pid}/ns/mnt") == own


async def test_nothing_is_mounted_when_everything_can_be_reached(
    place: KeeperHome, keeper: KeeperClient, vault: Vault
) -> None:
    vault.folder.chmod(0o755)
    spec = vault.spec(place, vault.code, script='echo up; exec sleep 600; : "$1"')
    launch = await keeper.spawn(spec)
    await place.until_said("up")
    own = os.readlink("/proc/self/ns/mnt")
    assert os.readlink(f"/proc/{launch.identity.pid}/ns/mnt") == own


async def test_a_closed_folder_in_a_closed_folder_is_opened_too(
    place: KeeperHome, keeper: KeeperClient, vault: Vault
) -> None:
    inner = vault.folder / "closed" / "inner"
    inner.mkdir(parents=True)
    (inner / "file").write_text("reached\n", encoding="utf-8")
    (vault.folder / "closed/other").write_text("hidden\n", encoding="utf-8")
    if ROOT:
        (vault.folder / "closed").chmod(0o700)
    script = 'cat "$1/closed/inner/file"; ls "$1/closed"'
    closed = str(vault.folder / "closed")
    ended = await keeper.run(vault.spec(place, closed, str(inner), script=script), timeout=30)
    assert ended.code == 0, place.said()
    assert place.said().splitlines()[:2] == ["reached", "inner"]


async def test_a_link_on_the_way_keeps_leading_there(
    place: KeeperHome, keeper: KeeperClient, vault: Vault
) -> None:
    link = str(vault.folder / "current")
    script = 'cat "$1/current/program"; readlink "$1/current"'
    ended = await keeper.run(vault.spec(place, link, script=script), timeout=30)
    assert ended.code == 0, place.said()
    assert place.said() == "the program\ncode\n"


async def test_a_link_from_outside_into_the_closed_folder_works(
    place: KeeperHome, keeper: KeeperClient, vault: Vault
) -> None:
    outside = place.folder / "outside"
    outside.symlink_to(vault.folder / "current")
    spec = place.spec("cat", str(outside / "program"), user=USER, expose=(str(outside),))
    assert (await keeper.run(spec, timeout=30)).code == 0, place.said()
    assert place.said() == "the program\n"


async def test_a_single_file_can_be_exposed(
    place: KeeperHome, keeper: KeeperClient, vault: Vault
) -> None:
    program = str(vault.folder / "code/program")
    script = 'cat "$1/code/program"; ls "$1/code"'
    ended = await keeper.run(vault.spec(place, program, script=script), timeout=30)
    assert ended.code == 0, place.said()
    assert place.said().splitlines()[0] == "the program"


async def test_a_folder_that_is_not_there_does_not_matter(
    place: KeeperHome, keeper: KeeperClient, vault: Vault
) -> None:
    spec = vault.spec(place, vault.code, str(vault.folder / "no/such"), vault.data)
    assert (await keeper.run(spec, timeout=30)).code == 0, place.said()


async def test_working_directory_program_and_log_may_lie_below(
    place: KeeperHome, keeper: KeeperClient, vault: Vault
) -> None:
    program = vault.folder / "code/run"
    program.write_text("#!/bin/sh\npwd\n", encoding="utf-8")
    program.chmod(0o755)
    log = vault.folder / "data/svc.log"
    spec = place.spec(
        str(program),
        cwd=vault.data,
        log_path=str(log),
        user=USER,
        expose=(vault.code, vault.data),
    )
    assert (await keeper.run(spec, timeout=30)).code == 0
    assert log.read_text(encoding="utf-8") == f"{vault.data}\n"


async def test_without_exposure_the_folder_stays_closed(
    place: KeeperHome, keeper: KeeperClient, vault: Vault
) -> None:
    spec = place.spec("true", cwd=vault.data, user=USER)
    if not ROOT:
        assert (await keeper.run(spec, timeout=30)).code == 0
        return
    with pytest.raises(StartFailed, match="nobody cannot enter the working directory"):
        await keeper.spawn(spec)


@becomes_another
async def test_the_closed_folder_that_keeps_a_program_from_its_user_is_named(
    place: KeeperHome, keeper: KeeperClient, vault: Vault
) -> None:
    program = vault.folder / "code/run"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    why = f"nobody may not execute {program}: it cannot enter {vault.folder}"
    with pytest.raises(StartFailed, match=why):
        await keeper.spawn(place.spec(str(program), user=USER))


@becomes_another
async def test_a_closed_folder_in_the_path_makes_nothing_of_a_misspelled_command(
    place: KeeperHome, keeper: KeeperClient, vault: Vault
) -> None:
    env = {"PATH": f"{vault.code}:/usr/bin:/bin"}
    why = f"command not found: no-such-program in PATH .*nobody cannot enter {vault.folder}"
    with pytest.raises(StartFailed, match=why):
        await keeper.spawn(place.spec("no-such-program", user=USER, env=env))
    assert (await keeper.run(place.spec("true", user=USER, env=env), timeout=30)).code == 0


async def test_a_killed_one_is_reported_like_any_other(
    place: KeeperHome, keeper: KeeperClient, vault: Vault
) -> None:
    launch = await keeper.spawn(vault.spec(place, vault.code, script='sleep 600; : "$1"'))
    assert await keeper.signal(launch.launch_id, 9, tree=True) >= 1
    assert (await next_exit(keeper, launch)).signal == 9


POWERLESS = """
import asyncio, json, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from vrooli.core.home import Home
from vrooli.core.errors import StartFailed
from vrooli.core.launch import LaunchSpec
from vrooli.host.start_keeper import start_keeper

async def main():
    keeper = await start_keeper(Home(Path(sys.argv[2]), Path(sys.argv[3])))
    fields = json.loads(sys.argv[4])
    fields["argv"], fields["expose"] = tuple(fields["argv"]), tuple(fields["expose"])
    try:
        await keeper.spawn(LaunchSpec(**fields))
    except StartFailed as error:
        print(error.what, "|", error.next_step)
    await keeper.shutdown(force=True)
    await keeper.close()

asyncio.run(main())
"""


async def test_a_container_that_may_not_mount_is_told_what_to_do(
    place: KeeperHome, vault: Vault
) -> None:
    """Root without CAP_SYS_ADMIN, as in most containers; somebody else than root never mounts."""
    spec = json.dumps(vault.spec(place, vault.code).to_json())
    home, run = str(place.home.root), str(place.home.run)
    place.home.root.mkdir()
    source = str(Path(vrooli.__file__).parents[1])
    drop = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"] if ROOT else []
    command = [*drop, sys.executable, "-c", POWERLESS, source, home, run, spec]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    if ROOT:
        assert f"user nobody cannot read below {vault.folder} (Operation not" in done.stdout
        assert 'move it to where that user can read, or set `user = "root"`' in done.stdout
