"""What pages say."""

from vrooli.autoheal.heal import Attempt, Heal, Outcome
from vrooli.autoheal.paging import Verdict
from vrooli.autoheal.paging_words import (
    SHOWN,
    Trouble,
    Where,
    check_page,
    duration,
    listed,
    over,
    service_page,
)
from vrooli.notify.incident import Acknowledgement, Incident
from vrooli.notify.message import Severity

WHERE = Where("shop", "box")
PAGE = Verdict("page", "in-vain", "a heal did not help: exited with code 3\n  | the log")
HEAL = Heal("1", "web", "exited", "killed", "heal", 1.0, 1.0).tried(Attempt("start", 1.0, "no\nx"))


def test_a_page_says_what_why_what_was_tried_who_waits_and_what_to_do() -> None:
    heal = HEAL.ended(Outcome.INEFFECTIVE, 2.0)
    trouble = Trouble("web", True, "exited with code 3\n  | password=x", PAGE, ("b", "a"), heal)
    alert = service_page(trouble, WHERE)
    assert alert.title == "[shop@box] web fails: exited with code 3"
    assert alert.severity is Severity.CRITICAL
    assert alert.body.splitlines() == [
        "What: exited with code 3",
        "Not healed: a heal did not help: exited with code 3",
        "Tried: start (no): ineffective",
        "Needed by: a, b",
        "Look: vrooli logs web",
        "Say that you are at it: vrooli-autoheal notify ack web",
    ]


def test_what_is_not_critical_for_the_stack_is_a_warning() -> None:
    assert service_page(Trouble("web", False, "", PAGE), WHERE).severity is Severity.WARNING


def test_a_check_says_what_it_found() -> None:
    alert = check_page("system-disk", "Disk", Verdict("page", "critical", "97 % used"), WHERE)
    assert alert.title == "[shop@box] system-disk is critical: 97 % used"


def test_an_end_says_how_long_it_took_and_who_was_at_it() -> None:
    said = Acknowledgement("ada", 5.0)
    incident = Incident("i", "web", Severity.CRITICAL, "web fails", "", 0.0, acknowledged=said)
    title, body = over(incident, Verdict("well", "well", "HTTP 200"), 90.0, WHERE)
    assert title == "[shop@box] RESOLVED: web is well again after 1.5 min"
    assert body.splitlines() == ["It was: web fails", "HTTP 200", "ada was at it"]
    gone = over(incident, Verdict("well", "not-wanted", "it is not meant to run"), 90.0, WHERE)
    assert gone[0] == "[shop@box] RESOLVED: web: it is not meant to run, after 1.5 min"


def test_lengths_and_lists_are_for_people() -> None:
    assert [duration(s) for s in (-5, 7, 90, 7200, 200_000)] == [
        "0 s",
        "7 s",
        "1.5 min",
        "2.0 h",
        "2.3 d",
    ]
    assert listed(f"n{number:02}" for number in range(SHOWN + 2)).endswith(" and 2 more")
