"""Port `Routes`: the kernel's own, and the twin."""

import subprocess
import sys

import pytest

from tests.support.root import mounts
from vrooli.core.ports.routes import Routes
from vrooli.host.memory.routes import MemoryRoutes
from vrooli.host.routes import KernelRoutes


@pytest.mark.parametrize("routes", [KernelRoutes(), MemoryRoutes()], ids=["kernel", "memory"])
def test_there_is_always_a_way_to_ourselves(routes: Routes) -> None:
    assert routes.missing("127.0.0.1") == ""


def test_the_twin_is_cut_off_as_told() -> None:
    assert MemoryRoutes(down=True).missing("192.0.2.1") == "network is unreachable"
    assert MemoryRoutes({"192.0.2.1"}).missing("192.0.2.2") == ""


@mounts
def test_without_a_network_the_kernel_knows_no_way_to_anybody() -> None:
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from vrooli.host.routes import KernelRoutes\n"
        "print(*[KernelRoutes().missing(a) for a in ('192.0.2.1', '2001:db8::1')], sep='; ')"
    )
    command = ["unshare", "-n", sys.executable, "-c", code]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    four, six = ended.stdout.strip("\n").split("; ")
    assert four == "network is unreachable", ended.stderr
    assert six in ("network is unreachable", "cannot assign requested address"), ended.stderr
