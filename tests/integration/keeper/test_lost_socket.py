"""What somebody removes from the run folder of a living keeper comes back."""

import shutil

from tests.support.keeper_home import KeeperHome, alive, until
from vrooli.host.keeper_client import KeeperClient
from vrooli.host.start_keeper import keeper_identity, reach_keeper


async def test_a_removed_run_folder_comes_back_with_the_socket_in_it(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    launch = await keeper.spawn(place.spec("sleep", "600"))
    before = place.keeper()
    shutil.rmtree(place.home.run)
    await until(place.home.keeper_socket.exists)
    (known,) = await (await place.connect()).launches()
    assert known.launch_id == launch.launch_id
    assert place.keeper() == before
    assert place.home.run.stat().st_mode & 0o777 == 0o700


async def test_a_connection_that_stood_before_goes_on(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    place.home.keeper_socket.unlink()
    await until(place.home.keeper_socket.exists)
    launch = await keeper.spawn(place.spec("sleep", "600"))
    assert alive(launch.identity)


async def test_whoever_wants_a_keeper_waits_for_the_socket_of_the_one_there_is(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    before = place.keeper()
    place.home.keeper_socket.unlink()
    place.clients.append(await reach_keeper(place.home))
    assert place.keeper() == before


async def test_a_socket_of_somebody_else_is_left_alone(
    place: KeeperHome, keeper: KeeperClient
) -> None:
    place.home.keeper_socket.unlink()
    place.home.keeper_socket.write_text("another's")
    await keeper.shutdown()
    await until(lambda: keeper_identity(place.home) is None)
    assert place.home.keeper_socket.read_text() == "another's"
