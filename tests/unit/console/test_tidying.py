"""What closed pages leave behind."""

import gc

from vrooli.console.tidying import Tidying, collect


def test_it_is_tidied_up_when_pages_were_closed() -> None:
    times: list[int] = []
    tidying = Tidying(lambda: times.append(1))
    tidying.look()
    assert times == []
    tidying.closed()
    tidying.closed()
    tidying.look()
    tidying.look()
    assert times == [1]


def test_what_refers_to_itself_is_found() -> None:
    class Around:
        """Refers to itself."""

    gc.disable()
    try:
        one = Around()
        one.self = one  # type: ignore[attr-defined]  # a cycle
        del one
        collect()
        assert not any(isinstance(one, Around) for one in gc.get_objects())
    finally:
        gc.enable()
