"""Connection URLs."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.core.address import HostPort, UnixPath
from vrooli.core.errors import ConfigError
from vrooli.stack.wire.dsn import parse, without_password


def test_every_part_of_a_url_is_read() -> None:
    dsn = parse(
        "postgresql://me:p%40ss@db.example:6543/my%20db?sslmode=verify-full&sslrootcert=/ca"
    )
    assert dsn.address == HostPort("db.example", 6543)
    assert (dsn.user, dsn.password, dsn.database) == ("me", "p@ss", "my db")
    assert (dsn.sslmode, dsn.sslrootcert) == ("verify-full", "/ca")


def test_what_is_left_out_is_as_in_libpq() -> None:
    dsn = parse("postgres://me@/")
    assert dsn.address == HostPort("127.0.0.1", 5432)
    assert (dsn.password, dsn.database, dsn.sslmode) == ("", "me", "prefer")


def test_a_host_that_is_a_folder_is_a_unix_socket() -> None:
    assert parse("postgresql:///db?host=/run/pg").address == UnixPath("/run/pg/.s.PGSQL.5432")


def test_an_ipv6_host_is_read() -> None:
    assert parse("postgresql://me@[::1]:5433/db").address == HostPort("::1", 5433)


def test_the_password_is_never_shown() -> None:
    assert "secret" not in repr(parse("postgresql://me:secret@h/db"))
    assert without_password("postgresql://me:secret@h:1/db?password=secret") == (
        "postgresql://me@h:1/db"
    )


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:secret@h/db",
        "postgresql://me:secret@h:port/db",
        "postgresql://me:secret@h:99999/db",
        "postgresql://me:secret@h/db?sslmode=maybe",
        "secret",
        "postgresql://[secret/db",
    ],
)
def test_a_url_that_is_none_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(url)
    assert "secret" not in str(caught.value)


@given(st.text(max_size=80))
def test_no_text_does_more_than_a_config_error(text: str) -> None:
    without_password(text)
    with suppress(ConfigError):
        parse(f"postgresql://{text}")
