"""`infra-docker`, `container-health` and `prune-images` on a real Docker Engine."""

import json
import signal
from collections.abc import Iterator

import pytest

from tests.support.docker_engine import IMAGE, DockerEngine, docker_engine
from tests.support.stack import LiveStack, said

HEALTH = ("--health-cmd", "test ! -e /sick", "--health-interval", "200ms", "--health-retries", "1")


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerEngine]:
    with docker_engine() as made:
        yield made


@pytest.fixture
def watched(engine: DockerEngine, stack: LiveStack) -> LiveStack:
    """A stack without services whose checks look at that Engine."""
    stack.docker(engine.socket)
    stack.check("infra-docker", interval=0.5, timeout=0.5)
    stack.check("container-health", interval=0.5, timeout=0.5)
    stack.write()
    stack.up()
    return stack


def test_an_engine_answers_hangs_and_is_gone(engine: DockerEngine, watched: LiveStack) -> None:
    assert watched.until_result("infra-docker", "ok")["unit"] == "ms"
    engine.send(signal.SIGSTOP)
    watched.until_result("infra-docker", "critical")
    engine.send(signal.SIGCONT)
    watched.until_result("infra-docker", "ok")
    engine.stop()
    watched.until(lambda: not watched.result("infra-docker")["applicable"], "there is none")
    engine.start()
    watched.until_result("infra-docker", "ok")


def test_containers_that_are_sick_or_restarted_are_named(
    engine: DockerEngine, watched: LiveStack
) -> None:
    watched.until_result("container-health", "ok")
    engine.create("box", "sleep 1000", *HEALTH)
    engine.docker("start", "box")
    engine.docker("exec", "box", "touch", "/sick")
    watched.until_result("container-health", "critical", "box is unhealthy")
    engine.docker("exec", "box", "rm", "/sick")
    watched.until_result("container-health", "ok")
    engine.create("loop", "exit 3", "--restart", "always")
    engine.docker("start", "loop")
    watched.until_result("container-health", "critical", "loop is restarted over and over")
    engine.docker("rm", "--force", "box", "loop")
    watched.until_result("container-health", "ok")


def test_images_are_removed_when_a_person_confirms_it_or_the_file_allows_it(
    engine: DockerEngine, watched: LiveStack
) -> None:
    engine.create("user", "sleep 1000")
    engine.load_image("bb:unused", seed="one")
    watched.check("system-disk", interval=0.5, warning=0, critical=0)
    watched.write()
    watched.up()
    watched.until_result("system-disk", "critical")
    ended = watched.autoheal_command("heal", "system-disk", "prune-images", "--dry-run", "--json")
    assert json.loads(ended.stdout)["danger"] == "destructive", said(ended)
    ended = watched.autoheal_command("heal", "system-disk", "prune-images", "--json")
    assert ended.returncode == 2, said(ended)
    assert images(engine) == {IMAGE, "bb:unused"}
    assert watched.heals("system-disk") == []
    words = ("--confirm", "system-disk", "--json")
    ended = watched.autoheal_command("heal", "system-disk", "prune-images", *words)
    assert json.loads(ended.stdout)["heal"]["rule"] == "by-hand", said(ended)
    assert images(engine) == {IMAGE}, "what a container was made from stays"
    engine.load_image("bb:unused", seed="two")
    watched.autoheal(stability=0.5, sweep=1, allow={"actions": ["prune-images"]})
    watched.write()
    watched.up()
    watched.until(lambda: images(engine) == {IMAGE}, "it is allowed by name")
    assert watched.heals("system-disk")[-1]["rule"] == "heal"
    engine.docker("rm", "--force", "user")


def images(engine: DockerEngine) -> set[str]:
    """By name."""
    listed = engine.docker("images", "--format", "{{.Repository}}:{{.Tag}}")
    return set(listed.stdout.split())
