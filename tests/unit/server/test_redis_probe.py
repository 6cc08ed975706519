"""Redis: the words on the wire."""

import pytest

from vrooli.core.errors import Unreachable
from vrooli.server.redis_probe import encode, ping


def test_commands_are_arrays_of_bulk_strings_counted_in_bytes() -> None:
    assert encode("AUTH", "pässword") == b"*2\r\n$4\r\nAUTH\r\n$9\r\np\xc3\xa4ssword\r\n"


async def test_nobody_there_is_unreachable(unused_tcp_port: int) -> None:
    with pytest.raises(Unreachable):
        await ping(f"redis://127.0.0.1:{unused_tcp_port}")
