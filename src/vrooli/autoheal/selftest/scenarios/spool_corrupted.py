"""The history is overwritten with nonsense."""

import signal

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    lab.service("web")
    lab.up()
    lab.kill("autoheal", signal.SIGSTOP)
    lab.spool.write_bytes(b"nonsense" * 10_000)
    for suffix in ("-wal", "-shm"):
        lab.spool.with_name(lab.spool.name + suffix).unlink(missing_ok=True)
    lab.until(lambda: lab.state("web"), "another watches")
    lab.kill("web")
    lab.healed("web")
    kept = list(lab.spool.parent.glob(f"{lab.spool.name}.corrupt-*"))
    lab.expect(kept, "the old one is kept")


SCENARIO = Scenario(
    "spool-corrupted",
    "the history is overwritten with nonsense",
    "a new one is begun, the old one kept, and healing goes on",
    _run,
)
