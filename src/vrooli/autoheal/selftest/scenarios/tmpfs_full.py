"""The disk of the home, a tmpfs, is full when a service dies."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.machine.small_disk(64)
    lab.service("web")
    lab.up()
    lab.machine.fill_disk()
    lab.kill("web")
    lab.until(lambda: "disk full" in lab.state("web").get("message", ""), "the reason is said")
    lab.paged("web")
    lab.quiet(2, lambda: lab.starts("web") == 1, "it is not started in vain")
    lab.machine.fill_disk(False)
    lab.until(lambda: lab.starts("web") == 2, "it is started")
    lab.until(lambda: lab.state("web").get("health") == "ok", "it is well")


SCENARIO = Scenario(
    "tmpfs-full",
    "the disk of the home, a tmpfs, is full when a service dies",
    "that is said and paged although nothing can be written down; with room it is back by itself",
    _run,
    pages=("web",),
)
