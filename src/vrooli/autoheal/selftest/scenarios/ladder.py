"""A mute service is helped by nothing."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service(
        "web",
        "--mute-while",
        "mute",
        ladder=["restart", "kill", "stop"],
        start_timeout=1.5,
        stop_timeout=1,
    )
    lab.up()
    lab.switch("mute")
    lab.until(lambda: "quarantine" in lab.state("web")["message"], "it is given up")
    tried = [a["action"] for a in lab.heals("web")[-1]["attempts"]]
    lab.expect(tried == ["restart", "kill", "stop"], "every rung was tried")


SCENARIO = Scenario(
    "ladder",
    "a mute service is helped by nothing",
    "its ladder is climbed, then it is stopped and kept for a person",
    _run,
    pages=("web",),
    lasting=("web",),
)
