"""A changed secret reaches its users by an `up`, and nobody else; its value is nowhere."""

import json
from pathlib import Path

import pytest

from tests.support.stack import Ended, LiveStack, gone, said

SERVICES = ("mail", "shop", "both", "plain")
OLD = {"MAIL": "old-mail-6f1c2a", "OTHER": "old-other-8be3d1", "KEY": "old-key-40aa97"}
NEW = {name: value.replace("old", "new") for name, value in OLD.items()}


def write_key(stack: LiveStack, value: str, mode: int = 0o600) -> None:
    """The secret in a file."""
    path = stack.folder / "key"
    path.write_text(value + "\n", encoding="utf-8")
    path.chmod(mode)


def value_in(stack: LiveStack, name: str, variable: str) -> str:
    """What a service was started with."""
    raw = Path(f"/proc/{stack.pid(name)}/environ").read_text(encoding="utf-8")
    return dict(pair.partition("=")[::2] for pair in raw.split("\0"))[variable]


def restarted(stack: LiveStack, before: dict[str, int]) -> set[str]:
    """Who has another process than `before`."""
    return {name for name, pid in stack.pids(*before).items() if pid != before[name]}


def up_with(stack: LiveStack, **environment: str) -> Ended:
    """`up` in a shell with these variables."""
    stack.environment |= environment
    return stack.run("up")


def everything_kept(stack: LiveStack) -> bytes:
    """All that lies in the home, except the secrets themselves."""
    files = [p for p in stack.home.rglob("*") if p.is_file() and "secrets" not in p.parts]
    assert stack.home / "keeper.json" in files
    return b"\n".join(path.read_bytes() for path in files)


@pytest.fixture
def users(stack: LiveStack) -> LiveStack:
    """Four services, three of them with secrets; up."""
    stack.add("mail", env={"MAIL_PASSWORD": "env:MAIL", "OTHER_PASSWORD": "env:OTHER"})
    stack.add("shop", env={"API_KEY": "file:key"})
    stack.add("both", env={"MAIL_PASSWORD": "env:MAIL", "API_KEY": "file:key"})
    stack.add("plain", env={"COLOUR": "blue"})
    stack.write()
    write_key(stack, OLD["KEY"])
    stack.environment |= {"MAIL": OLD["MAIL"], "OTHER": OLD["OTHER"]}
    stack.up()
    return stack


def test_an_up_restarts_exactly_the_users_of_a_changed_file(users: LiveStack) -> None:
    before = users.pids(*SERVICES, "autoheal")
    write_key(users, NEW["KEY"])
    told = users.up().stderr
    assert f"~ shop: file:{users.folder}/key has another value (restart)" in told
    assert restarted(users, before) == {"shop", "both"}
    assert value_in(users, "both", "API_KEY") == NEW["KEY"]
    assert "nothing was changed" in users.up().stderr
    assert users.heals() == []


def test_an_up_restarts_exactly_the_users_of_a_changed_variable(users: LiveStack) -> None:
    before = users.pids(*SERVICES)
    for name in ("OTHER", "MAIL"):
        del users.environment[name]
    assert "nothing was changed" in users.up().stderr, "what is not set here says nothing"
    told = said(up_with(users, MAIL=NEW["MAIL"]))
    assert "~ mail: env:MAIL has another value (restart)" in told
    assert "~ both: env:MAIL has another value (restart)" in told
    assert restarted(users, before) == {"mail", "both"}
    assert value_in(users, "mail", "MAIL_PASSWORD") == NEW["MAIL"]
    assert value_in(users, "mail", "OTHER_PASSWORD") == OLD["OTHER"], "the watchdog keeps it"
    users.kill("mail")
    users.until_healed("mail")
    assert value_in(users, "mail", "OTHER_PASSWORD") == OLD["OTHER"]
    assert "nothing was changed" in users.up().stderr


def test_an_up_of_one_service_leaves_the_other_users_for_later(users: LiveStack) -> None:
    before = users.pids(*SERVICES)
    write_key(users, NEW["KEY"])
    told = users.up("shop").stderr
    assert f"~ both: file:{users.folder}/key has another value (no restart)" in told
    assert restarted(users, before) == {"shop"}
    users.up()
    assert restarted(users, before) == {"shop", "both"}


def test_a_secret_that_cannot_be_read_any_more_is_an_error_and_its_users_run_on(
    users: LiveStack,
) -> None:
    before = users.pids(*SERVICES)
    write_key(users, NEW["KEY"], 0o644)
    ended = users.run("up")
    assert ended.returncode == 1, said(ended)
    assert f"chmod 600 {users.folder}/key" in ended.stderr
    assert restarted(users, before) == set()
    assert (users.heals(), users.until_ok()["status"]) == ([], "ok")
    write_key(users, NEW["KEY"])
    users.up()
    assert restarted(users, before) == {"shop", "both"}


def test_no_value_is_written_anywhere_and_the_key_is_private(users: LiveStack) -> None:
    write_key(users, NEW["KEY"])
    told = said(up_with(users, MAIL=NEW["MAIL"]))
    users.kill("shop")
    users.until_healed("shop")
    told += said(users.run("status", "--json")) + said(users.run("config", "show"))
    kept = everything_kept(users)
    for value in (*OLD.values(), *NEW.values()):
        assert value not in told
        assert value.encode() not in kept
    key = users.home / "secrets" / "fingerprint.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.read_bytes().strip() not in kept


def test_a_launch_recorded_by_an_earlier_version_is_left_running(users: LiveStack) -> None:
    before = users.pids(*SERVICES)
    _forget_values(users)
    write_key(users, NEW["KEY"])
    told = users.up().stderr
    assert "(restart)" not in told
    assert "was started again" in told, "keeper and watchdog, which were killed"
    assert restarted(users, before) == set()


def test_without_a_watchdog_the_same_holds(stack: LiveStack) -> None:
    stack.autoheal(enabled=False)
    stack.add("shop", env={"API_KEY": "file:key", "MAIL_PASSWORD": "env:MAIL"})
    stack.add("plain")
    stack.write()
    write_key(stack, OLD["KEY"])
    assert up_with(stack, MAIL=OLD["MAIL"]).returncode == 0
    del stack.environment["MAIL"]
    assert "nothing was changed" in stack.up().stderr
    write_key(stack, NEW["KEY"])
    ended = stack.run("up")
    assert (ended.returncode, len(stack.starts("shop"))) == (1, 1), said(ended)
    assert "export MAIL=" in ended.stderr
    assert up_with(stack, MAIL=OLD["MAIL"]).returncode == 0
    assert [len(stack.starts(name)) for name in ("shop", "plain")] == [2, 1]


def _forget_values(stack: LiveStack) -> None:
    """Replace watchdog and keeper, as an upgrade does, with a record as it was written before."""
    assert stack.run("scenario", "stop", "vrooli-autoheal").returncode == 0
    keeper = stack.kill("keeper")
    stack.until(lambda: gone(keeper), "it is gone")
    path = stack.home / "keeper.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    for launch in record["launches"]:
        launch["fingerprint"] = launch["fingerprint"].partition(".")[0]
    path.write_text(json.dumps(record), encoding="utf-8")
