"""Whether what runs was started with the values that its references have now."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.kinds import machine
from vrooli.core.errors import ConfigError, SecretError, StorageError
from vrooli.core.home import Home
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.stack.diff import fingerprint
from vrooli.stack.kind import Place
from vrooli.stack.launched import digest, references
from vrooli.stack.launching import launch_spec, rotated
from vrooli.stack.model import Service, Stack

ENV = {"MAIL": "env:MAIL", "KEY": "file:/key", "AGAIN": "env:MAIL", "DB": "resource:db", "A": "1"}
DATABASE = Service("db", "db", "resource", "http", runtime="external", url="env:DB_URL")
WEB = Service("web", "web", "scenario", "scenario", command=("web",), env=ENV)
VALUES = {"env:MAIL": "hunter2", "file:/key": "swordfish", "env:DB_URL": "http://u:pass@db/"}


class Full(MemorySecrets):
    """On a full disk."""

    def create(self, name: str) -> str:
        """See the port."""
        raise StorageError("no space left on device", next_step="free some")


class Running:
    """`web`, started with the values that there are at first."""

    def __init__(self, folder: Path, service: Service = WEB) -> None:
        self.secrets = MemorySecrets(VALUES)
        self.place = Place(Home(folder, folder), machine(root=False), self.secrets)
        self.launched = launch_spec(service, stack_of(service), self.place, {}).fingerprint

    def rotated(self, service: Service = WEB) -> tuple[str, ...]:
        """What has another value now."""
        return rotated(self.launched, service, stack_of(service), self.place)


def stack_of(service: Service) -> Stack:
    return Stack("test", {"db": DATABASE, service.name: service})


@pytest.fixture
def web(tmp_path: Path) -> Running:
    """As it was started."""
    return Running(tmp_path)


def test_the_same_values_are_the_same(web: Running) -> None:
    assert web.rotated() == ()


@pytest.mark.parametrize(
    ("changed", "named"),
    [("env:MAIL", "env:MAIL"), ("file:/key", "file:/key"), ("env:DB_URL", "resource:db")],
)
def test_another_value_is_told_by_its_reference_alone(
    web: Running, changed: str, named: str
) -> None:
    web.secrets.values[changed] = "http://another/"
    assert web.rotated() == (named,)


def test_no_value_can_be_read_or_guessed_from_the_fingerprint(web: Running) -> None:
    for value in VALUES.values():
        assert value not in web.launched
    found = web.launched.split(".")[1:]
    assert found == [
        digest(web.secrets.create("fingerprint.key"), reference, VALUES[value])
        for reference, value in (
            ("env:MAIL", "env:MAIL"),
            ("file:/key", "file:/key"),
            ("resource:db", "env:DB_URL"),
        )
    ]
    assert digest("another key", "env:MAIL", VALUES["env:MAIL"]) not in found


def test_equal_values_do_not_look_alike() -> None:
    assert digest("key", "env:A", "same") != digest("key", "env:B", "same")


def test_a_launch_recorded_without_values_is_not_taken_for_another(web: Running) -> None:
    web.launched = fingerprint(WEB, stack_of(WEB))
    web.secrets.values["env:MAIL"] = "another"
    assert web.rotated() == ()


def test_a_service_without_references_has_the_fingerprint_that_it_always_had(
    tmp_path: Path,
) -> None:
    plain = replace(WEB, env={"A": "1", "URL": "env://no-reference"})
    assert references(plain) == ()
    assert Running(tmp_path, plain).launched == fingerprint(plain, stack_of(plain))


@pytest.mark.parametrize("unset", ["env:MAIL", "env:DB_URL"])
def test_a_variable_that_is_not_set_here_says_nothing(web: Running, unset: str) -> None:
    del web.secrets.values[unset]
    assert web.rotated() == ()
    web.secrets.values["file:/key"] = "another"
    assert web.rotated() == ("file:/key",)


@pytest.mark.parametrize(("reference", "value"), [("file:/key", None), ("env:MAIL", "")])
def test_a_reference_that_cannot_be_resolved_any_more_is_an_error(
    web: Running, reference: str, value: str | None
) -> None:
    del web.secrets.values[reference]
    if value is not None:
        web.secrets.values[reference] = value
    with pytest.raises(SecretError, match=reference):
        web.rotated()


def test_a_reference_to_nothing_is_an_error(tmp_path: Path) -> None:
    lost = replace(WEB, env={"DB": "resource:gone"})
    with pytest.raises(ConfigError, match="resource:gone"):
        Running(tmp_path, lost)


def test_an_edited_service_is_not_compared_by_its_values(web: Running) -> None:
    web.secrets.values["env:MAIL"] = "another"
    assert web.rotated(replace(WEB, command=("other",))) == ()


def test_a_full_disk_keeps_no_service_from_being_started(tmp_path: Path) -> None:
    place = Place(Home(tmp_path, tmp_path), machine(root=False), Full(VALUES))
    spec = launch_spec(WEB, stack_of(WEB), place, {})
    assert spec.env["MAIL"] == VALUES["env:MAIL"]
    assert rotated(spec.fingerprint, WEB, stack_of(WEB), place) == ()
