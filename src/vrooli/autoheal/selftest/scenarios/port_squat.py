"""Somebody else takes the port of a service that ended."""

import socket

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web")
    lab.up()
    port = lab.port("web")
    lab.operate("stop", "web")
    with socket.create_server(("127.0.0.1", port)):
        lab.operate("start", "web")
        lab.until(lambda: "is taken by" in lab.state("web")["message"], "the holder is named")
        lab.paged("web")
        lab.quiet(2, lambda: lab.starts("web") == 1, "it is not started in vain")
    lab.until(lambda: lab.state("web")["health"] == "ok", "it is back when the port is free")


SCENARIO = Scenario(
    "port-squat",
    "somebody else takes the port of a service that ended",
    "it is refused with his name, and he is left alone",
    _run,
    pages=("web",),
)
