"""The secret of a service is gone when it must be started again."""

from vrooli.autoheal.selftest.scenario import Lab, Scenario


def _run(lab: Lab) -> None:
    secret = lab.folder / "secret"
    secret.write_text("hunter2", encoding="ascii")
    secret.chmod(0o600)
    lab.service("web", env={"KEY": f"file:{secret}"})
    lab.up()
    secret.rename(lab.folder / "hidden")
    lab.kill("web")
    lab.until(lambda: lab.heals("web"), "it cannot be started")
    lab.paged("web")
    lab.expect("hunter2" not in str(lab.heals("web")), "its value is never told")
    (lab.folder / "hidden").rename(secret)
    lab.healed("web")


SCENARIO = Scenario(
    "secret-gone",
    "the secret of a service is gone when it must be started again",
    "the reference is named, and it is back when the secret is",
    _run,
    pages=("web",),
)
