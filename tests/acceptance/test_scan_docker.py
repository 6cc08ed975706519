"""`vrooli init --scan` on a real Docker Engine."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.docker_engine import NETWORK_NAMESPACES, DockerEngine, docker_engine
from tests.support.ports import free_port
from tests.support.stack import LiveStack, said


@pytest.fixture
def engine() -> Iterator[DockerEngine]:
    """A Docker Engine of its own."""
    with docker_engine() as made:
        yield made


def test_containers_are_found_by_their_names_once(engine: DockerEngine, tmp_path: Path) -> None:
    port = free_port()
    engine.create("quiet", "sleep 1000")
    engine.create("ended", "true")
    web = "echo well > index.html; exec httpd -f -p 80"
    engine.create("shop-web", web, "--workdir", "/tmp", "--publish", f"127.0.0.1:{port}:80")
    engine.docker("start", "quiet", "shop-web")
    network = NETWORK_NAMESPACES / f"vd{engine.folder.name[3:]}"
    stack = LiveStack(prefix=["nsenter", f"--net={network}"])
    try:
        stack.write()
        head = stack.file.read_text(encoding="utf-8")
        here = head.replace('name = "test"', f'name = "test"\ndocker = "{engine.socket}"')
        stack.file.write_text(here, encoding="utf-8")
        done = stack.run("init", "--scan", "--json")
        assert done.returncode == 0, said(done)
        assert json.loads(done.stdout)["added"] == ["quiet", "shop-web"]
        found = tomllib.loads(stack.file.read_text(encoding="utf-8"))["scenarios"]
        assert found["quiet"] == {"runtime": "docker", "container": "quiet", "heal": "watch"}
        assert found["shop-web"] == {
            "runtime": "docker",
            "container": "shop-web",
            "port": port,
            "health": {"http": f"http://127.0.0.1:{port}/"},
            "heal": "watch",
        }
        assert json.loads(stack.run("init", "--scan", "--json").stdout)["added"] == []
        stack.up()
        rows = {row["name"]: row for row in stack.status()["services"]}
        assert {rows[name]["health"] for name in ("quiet", "shop-web")} == {"ok"}
        refused = stack.run("stop", "quiet")
        assert (refused.returncode, "only watched" in refused.stderr) == (2, True), said(refused)
        stack.down()
        assert engine.state("quiet")["Running"]
        assert engine.state("shop-web")["Running"], "never touched"
    finally:
        stack.close()
