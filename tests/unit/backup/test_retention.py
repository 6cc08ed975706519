"""Which restore points stay, and which go."""

from dataclasses import replace
from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from vrooli.backup.retention import DAY, Keep, Kept, Verdict, retention

NOW = 1_795_000_000.0
USUAL = Keep(days=30, weeks=8, months=12, years=0)
SERVICES = ("postgres", "redis")


@st.composite
def _points(draw: st.DrawFn) -> list[Kept]:
    found: list[Kept] = []
    for number in range(draw(st.integers(0, 25))):
        bases = (
            draw(st.sets(st.sampled_from([one.id for one in found]), max_size=1)) if found else ()
        )
        found.append(
            Kept(
                id=f"p{number:02d}",
                taken=NOW - draw(st.floats(0, 900)) * DAY,
                services=frozenset(draw(st.sets(st.sampled_from(SERVICES), min_size=1))),
                outcome=draw(st.sampled_from(("verified", "failed", "unverified"))),
                bases=frozenset(bases),
            )
        )
    return found


_keeps = st.builds(
    Keep, st.integers(1, 60), st.integers(0, 10), st.integers(0, 12), st.integers(0, 3)
)


def _stay(verdicts: list[Verdict]) -> set[str]:
    return {one.id for one in verdicts if one.stays}


@given(_points(), _keeps)
def test_what_must_stay_stays(points: list[Kept], keep: Keep) -> None:
    verdicts = retention(points, keep, NOW, UTC)
    assert sorted(one.id for one in verdicts) == sorted(one.id for one in points)
    assert all(one.why for one in verdicts)
    stay = _stay(verdicts)
    for one in points:
        if one.taken > NOW - keep.days * DAY:
            assert one.id in stay
        if one.id in stay:
            assert one.bases <= stay, "it is made on what is gone"
    for service in SERVICES:
        its = [one for one in points if service in one.services]
        proven = [one.taken for one in its if one.outcome == "verified"]
        assert {one.id for one in its if one.taken > max(proven, default=0.0)} <= stay
        assert _newest_proven(points, service) in {*stay, None}


@given(_points(), _keeps, st.floats(0, 100))
def test_pruning_again_removes_no_more_and_later_never_more_than_at_once(
    points: list[Kept], keep: Keep, days: float
) -> None:
    """Whoever prunes often has, for each service and period, what one has who prunes seldom."""
    left = [one for one in points if one.id in _stay(retention(points, keep, NOW, UTC))]
    assert _stay(retention(left, keep, NOW, UTC)) == {one.id for one in left}
    later = NOW + days * DAY
    seldom = _stay(retention(points, keep, later, UTC))
    often = _stay(retention(left, keep, later, UTC))
    for service in SERVICES:
        assert _newest_proven(points, service) in {*(seldom & often), None}


def _newest_proven(points: list[Kept], service: str) -> str | None:
    its = [one for one in points if service in one.services and one.outcome == "verified"]
    return max(its, key=lambda one: (one.taken, one.id)).id if its else None


def _daily(days: int, **keys: object) -> list[Kept]:
    one = Kept("", 0.0, frozenset({"postgres"}), "verified")
    return [
        replace(one, id=f"d{age:03d}", taken=NOW - age * DAY - 60, **keys)  # type: ignore[arg-type]
        for age in range(days)
    ]


def test_a_year_of_daily_ones_becomes_days_weeks_and_months() -> None:
    verdicts = retention(_daily(400), USUAL, NOW, UTC)
    stay = _stay(verdicts)
    assert {f"d{age:03d}" for age in range(30)} <= stay
    assert 30 + 8 + 12 - 4 <= len(stay) <= 30 + 8 + 12
    reasons = [why for one in verdicts for why in one.why if one.stays]
    assert sum(why.startswith("weekly") for why in reasons) == 8
    assert sum(why.startswith("monthly") for why in reasons) == 12
    gone = next(one for one in verdicts if one.id == "d399")
    assert gone.why == ("older than 30 days, and there are newer ones of its week, month and year",)


def test_one_that_holds_less_does_not_stand_for_one_that_holds_more() -> None:
    whole = _daily(400)
    redis = [
        replace(one, id=f"r{one.id}", taken=one.taken + 9, services=frozenset({"redis"}))
        for one in whole
    ]
    both = _stay(retention([*whole, *redis], USUAL, NOW, UTC))
    assert {id for id in both if id[0] == "d"} == _stay(retention(whole, USUAL, NOW, UTC))


def test_a_failed_one_stands_for_its_week_only_when_alone() -> None:
    old = [one for one in _daily(60) if one.taken < NOW - 31 * DAY]
    failed = [replace(one, outcome="failed") if one.id == old[0].id else one for one in old]
    keep = Keep(days=1, weeks=1, months=0, years=0)
    fresh = _daily(1)
    assert old[0].id in _stay(retention([*old, *fresh], keep, NOW, UTC))
    assert old[0].id not in _stay(retention([*failed, *fresh], keep, NOW, UTC))
    assert old[0].id in _stay(retention([failed[0], *fresh], keep, NOW, UTC))


def test_while_nothing_was_verified_nothing_goes() -> None:
    points = _daily(400, outcome="unverified")
    assert len(_stay(retention(points, USUAL, NOW, UTC))) == 400
