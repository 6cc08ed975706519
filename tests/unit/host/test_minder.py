"""When the keeper takes the watchdog for hung, and how soon it starts the next."""

from hypothesis import given
from hypothesis import strategies as st

from vrooli.host.keeper.minder import FIRST_BEAT, LONGEST_DELAY, PATIENCE, STABLE, Minder
from vrooli.host.keeper.proc import TICKS_PER_SECOND, Stat

START = 1000.0


def stat(state: str = "S", cpu_seconds: float = 0.0) -> Stat:
    """A watchdog in this state that has used so much processor time."""
    fields = [b"0"] * 50
    fields[0] = state.encode()
    fields[11] = str(int(cpu_seconds * TICKS_PER_SECOND)).encode()
    fields[17] = b"1"
    return Stat(4711, fields)


def minder(beat_at: float | None = START) -> Minder:
    """One whose watchdog started at START and has beaten once."""
    made = Minder(timeout=1.5)
    made.started(START)
    if beat_at is not None:
        made.beat(beat_at, 0)
    return made


def test_a_beating_one_is_not_hung() -> None:
    assert minder().verdict(START + 1.4, stat(), traced=False) is None


def test_a_silent_one_is_hung() -> None:
    assert minder().verdict(START + 1.6, stat(), traced=False) == "hung: no heartbeat"


def test_a_stopped_one_is_hung_at_once_unless_a_debugger_holds_it() -> None:
    assert minder().verdict(START + 0.1, stat("T"), traced=False) == "hung: stopped"
    assert minder().verdict(START + 99, stat("T"), traced=True) is None
    assert minder().verdict(START + 99, stat("t"), traced=True) is None


def test_the_first_beat_may_take_its_time() -> None:
    silent = minder(beat_at=None)
    assert silent.verdict(START + FIRST_BEAT - 1, stat(), traced=False) is None
    late = silent.verdict(START + FIRST_BEAT + 1, stat(), traced=False)
    assert late == "hung: no first heartbeat"


def test_a_starved_one_gets_patience_but_not_for_ever() -> None:
    assert minder().verdict(START + 5, stat("R", 0.1), traced=False) is None
    assert minder().verdict(START + 5, stat("D", 0.1), traced=False) is None
    assert minder().verdict(START + PATIENCE + 1, stat("R", 0.1), traced=False) is not None


def test_one_that_waited_for_the_processor_gets_patience_whatever_it_does_now() -> None:
    held_up = minder()
    held_up.beat(START, 0, waited=7.0)
    assert held_up.verdict(START + 2, stat(), traced=False, waited=8.0) is None
    assert held_up.verdict(START + 2, stat(), traced=False, waited=7.1) == "hung: no heartbeat"
    assert held_up.verdict(START + PATIENCE + 1, stat(), traced=False, waited=15.0) is not None


def test_a_spinning_one_gets_none() -> None:
    assert minder().verdict(START + 2, stat("R", 1.9), traced=False) == "hung: no heartbeat"


def test_our_own_lateness_is_not_held_against_it() -> None:
    late = minder()
    late.was_late(START + 60)
    assert late.verdict(START + 61, stat(), traced=False) is None
    assert late.verdict(START + 62, stat(), traced=False) == "hung: no heartbeat"


def test_a_keeper_that_is_late_again_and_again_judges_in_the_end() -> None:
    late = minder()
    for second in range(1, 15):
        late.was_late(START + second)
    assert late.verdict(START + 15, stat(), traced=False) == "hung: no heartbeat"


def test_waits_double_while_none_lives_long_and_start_over_after_a_stable_one() -> None:
    made = minder()
    assert [made.ended(START + 1, hung=False) for _ in range(4)] == [0.1, 0.2, 0.4, 0.8]
    assert made.ended(START + STABLE, hung=False) == 0.1


def test_one_that_hung_after_a_stable_life_is_replaced_at_once() -> None:
    assert minder().ended(START + STABLE, hung=True) == 0.0


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=60))
def test_the_wait_is_always_bounded(lives: list[tuple[float, bool]]) -> None:
    made, now = minder(), START
    for life, hung in lives:
        made.started(now)
        now += life
        assert 0.0 <= made.ended(now, hung) <= LONGEST_DELAY
