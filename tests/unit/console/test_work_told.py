"""What pages of the work say: events, what models say, which steps are done anew, the inbox."""

from typing import Any

import pytest

from vrooli.client.work import NotTaken
from vrooli.console.parts.again import anew, places, retried
from vrooli.console.parts.events_seen import LONGEST, by_name, happened
from vrooli.console.parts.exactly import MOST as MOST_SHOWN
from vrooli.console.parts.filling import told
from vrooli.console.parts.inbox import counted, waiting_said
from vrooli.console.parts.run_filter import RunFilter, filter_of
from vrooli.console.parts.run_journal import SHOWN, Journal
from vrooli.console.parts.run_seen import Step, step_of
from vrooli.console.parts.schema_form import NotFilled
from vrooli.console.parts.signalling import data_of
from vrooli.console.parts.spoken import MOST, Spoken, with_piece, without
from vrooli.console.parts.together import Came, Ticked, decide, left
from vrooli.core.errors import Refused, UsageError


def step(path: str, status: str = "completed", *, given_up: bool = False) -> Step:
    return Step(path, 1, "value", status, given_up, 1.0, None if status == "begun" else 2.0)


def event(kind: str, **more: Any) -> dict[str, Any]:
    return {"seq": 7, "run": "r", "at": 5.0, "kind": kind, **more}


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (event("run.created", by="ann"), "the run was made, by ann"),
        (
            event("run.created", forked_from="q", path="b", by="ann"),
            "the run was made, forked from q at b, by ann",
        ),
        (
            event("run.pending", why="decided", by="ann"),
            "the run is free to go on: somebody decided, by ann",
        ),
        (event("run.waiting", **{"for": "time"}), "the run waits for its time"),
        (event("step.begun", path="a", attempt=2, type="http"), "a (attempt 2) began"),
        (
            event("step.failed", path="a", attempt=1, why="no (http-status)"),
            "a failed: no (http-status)",
        ),
        (event("note.completed", path="a/model[1]", gist="Hi"), "a/model[1] is completed: Hi"),
        (event("approval.asked", path="sign", id="x"), "sign: asks for an approval"),
        (
            event("approval.approved", path="sign", by="ann", reason="fine"),
            "sign: the approval is approved, by ann: fine",
        ),
        (event("signal.sent", name="paid", by="ann"), "the signal paid came, by ann"),
        (event("strange.thing", path="a"), "a: strange thing"),
    ],
)
def test_what_happened_is_told_in_words(what: dict[str, Any], words: str) -> None:
    found = happened(what, "r")
    assert (found.words, found.run, found.seq) == (words, "", 7)


def test_a_line_is_bounded_and_names_another_run() -> None:
    found = happened(event("step.completed", path="a", gist="x" * 1000), "other")
    assert (len(found.words), found.run) == (LONGEST, "r")


def piece(at: int, text: str, path: str = "a/model[1]") -> dict[str, Any]:
    return {"run": "r", "kind": "model.text", "path": path, "attempt": 1, "from": at, "text": text}


def test_what_a_run_wrote_is_told_by_what_that_run_does() -> None:
    words, run = "version 1 of board.sizes was written, by 47c199a9855f36b1", "47c199a9855f36b1"
    assert by_name(words, {run: "sizes"}) == "version 1 of board.sizes was written, by sizes"
    assert by_name(words, {}) == words
    assert by_name("version 2 of plan was written, by ann", {run: "sizes"}).endswith("by ann")


def test_what_a_model_says_grows_piece_by_piece() -> None:
    said = with_piece(with_piece({}, piece(0, "Hello")), piece(5, ", you"))
    assert said["a/model[1]"] == Spoken("Hello, you", 10)
    assert with_piece(said, piece(0, "Anew"))["a/model[1]"].shown == "Anew"


def test_missing_words_are_shown_as_missing_and_old_ones_go() -> None:
    late = with_piece({}, piece(100, "the end"))
    assert late["a/model[1]"].shown == "… the end"
    gap = with_piece(with_piece({}, piece(0, "one")), piece(9, "two"))
    assert gap["a/model[1]"].shown == "one … two"
    long = with_piece({}, piece(0, "x" * (MOST + 5)))
    assert long["a/model[1]"].shown == "… " + "x" * MOST


def test_the_end_of_a_step_ends_what_it_said() -> None:
    said = with_piece(with_piece({}, piece(0, "a")), piece(0, "b", "ab/model[1]"))
    assert list(without(said, "a")) == ["ab/model[1]"]
    assert list(without(said, "a/model[1]")) == ["ab/model[1]"]


def test_before_a_fork_it_is_said_what_is_kept_and_what_is_done_anew() -> None:
    steps = [step("a"), step("a/model[1]"), step("each[0].b"), step("each[1].b"), step("c")]
    assert places(steps) == ["a", "each[0].b", "each[1].b", "c"]
    found = anew(steps, "each[1].b")
    assert (found.kept, found.again) == (("a", "each[0].b"), ("each[1].b", "c"))
    assert anew(steps, "each").kept == ("a",)
    assert anew(steps, "a").kept == ()


def test_a_retry_does_what_failed_and_with_a_place_all_from_there() -> None:
    steps = [step("a"), step("b", "failed"), step("c"), step("d", "cancelled")]
    assert retried(steps, "").again == ("b", "d")
    assert retried(steps, "c").again == ("b", "c", "d")
    assert retried([step("a", "failed", given_up=True), step("b", "failed")], "").again == ("b",)


class Pages:
    """A journal in pages of two."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows, self.asked = rows, list[str]()

    def __call__(self, cursor: str) -> dict[str, Any]:
        self.asked.append(cursor)
        at = int(cursor or 0)
        more = at + 2 < len(self.rows)
        return {"steps": self.rows[at : at + 2], "next_cursor": str(at + 2) if more else None}


def row(path: str, status: str = "completed") -> dict[str, Any]:
    ended = None if status == "begun" else 2.0
    return {
        "path": path, "attempt": 1, "type": "value", "status": status, "begun_at": 1.0,
        "ended_at": ended,
    }  # fmt: skip


def test_of_a_journal_only_what_may_have_changed_is_read_again() -> None:
    pages = Pages([row("a"), row("b"), row("c", "begun"), row("d"), row("e")])
    journal = Journal(pages)
    assert [one.path for one in journal.read().shown] == ["a", "b", "c", "d", "e"]
    pages.asked.clear()
    pages.rows[2] = row("c")
    assert [one.status for one in journal.read().shown] == ["completed"] * 5
    assert pages.asked == ["2", "4"]
    pages.asked.clear()
    journal.read()
    assert pages.asked == ["4"]
    journal.forget()
    journal.read()
    assert pages.asked == ["4", "", "2", "4"]


def test_of_a_long_journal_the_newest_steps_are_shown() -> None:
    found = Journal(Pages([row(f"a[{n}]") for n in range(SHOWN + 3)])).read()
    assert (len(found.shown), found.before, found.shown[0].path) == (SHOWN, 3, "a[3]")


def test_a_step_that_waits_for_a_signal_says_which_while_it_does() -> None:
    given = {**row("a", "begun"), "type": "wait", "arguments": {"signal": "paid"}}
    assert step_of(given).signal == "paid"
    assert step_of({**given, "status": "completed"}).signal == ""
    assert (data_of("  "), data_of('{"a": 1}')) == (None, {"a": 1})
    with pytest.raises(ValueError, match="Expecting"):
        data_of("{")


def test_what_the_server_finds_wrong_stands_at_its_field() -> None:
    details = [
        {"field": "title", "problem": "is too short"},
        {"field": "tags.0", "problem": "is no text"},
        {"field": "", "problem": "'x' was unexpected"},
    ]
    error = NotTaken(UsageError("all of it", next_step=""), "bad_inputs", details)
    found = told(error, {"title": 0, "tags": 0})
    assert found == ({"title": "is too short", "tags": "0: is no text"}, "'x' was unexpected")
    other = Refused("it ended", next_step="start another")
    assert told(other, {"title": 0}) == ({}, "it ended. Next: start another")
    assert told(NotFilled({"title": "is needed"}), {}) == ({"title": "is needed"}, "")
    assert told(None, {}) == ({}, "")


def test_the_address_of_runs_says_which_and_where() -> None:
    wanted = filter_of({"routine": "a b", "status": "failed", "owner": "ann@x", "cursor": "c"})
    assert wanted == RunFilter("a b", "failed", "ann@x", "c")
    assert wanted.query == {
        "routine": "a b", "status": "failed", "created_by": "ann@x", "cursor": "c",
    }  # fmt: skip
    assert wanted.address() == "/runs?routine=a+b&status=failed&owner=ann%40x"
    assert wanted.address("d").endswith("&cursor=d")
    assert filter_of({"status": "strange"}) == RunFilter()
    assert RunFilter().address() == "/runs"


def test_the_inbox_counts() -> None:
    assert [counted(one) for one in (0, 3, 100)] == ["", "3", "99+"]
    assert waiting_said(1, 0) == "1 question"
    assert waiting_said(2, 1) == "2 questions and 1 task for a person"
    assert waiting_said(0, 3) == "3 tasks for a person"


def test_whoever_is_ticked_and_left_the_page_is_told_of() -> None:
    ticked, rows = Ticked(), [_waits(one) for one in "abc"]
    for one in (*rows, _waits("gone"), _waits("not")):
        ticked.tick(one, on=True)
    ticked.tick(_waits("not"), on=False)
    found, gone = ticked.taken(rows, ["c", "a", 7])
    assert [one["id"] for one in found] == ["a", "c"]
    assert [one["id"] for one in gone] == ["gone"]
    ticked.clear()
    assert ticked.taken(rows, []) == ([], [])
    assert Came(2).said(approved=True) == "2 approved."
    assert Came(1, (("x", "y"),)).said(approved=False) == "1 rejected. 1 did not count."


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"status": "approved", "decided_by": "ann"}, "ann has approved it already"),
        ({"status": "expired"}, "the time to decide is over"),
        ({"status": "void"}, "its run has ended"),
        ({"status": "pending", "asked_of": "olga"}, "it is asked of olga now"),
        ({"status": "pending", "asked_of": "me"}, "it had left the page: choose it again"),
        (None, "there is no such approval"),
    ],
)
def test_why_one_that_left_the_page_does_not_count(how: dict[str, str] | None, why: str) -> None:
    class Work:
        def approval(self, approval: str) -> dict[str, object]:
            if how is None:
                raise UsageError("there is no such approval", next_step="")
            return {**_waits(approval), **how}

    found = left(Work(), [_waits("a")], "me")  # type: ignore[arg-type]  # all it needs
    assert found == [("go on? (step p of run r)", why)]


class Deciding:
    """Refuses what has been decided."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bool, str, str]] = []

    def decide(self, approval: str, approved: bool, hash: str, reason: str) -> None:
        if approval == "b":
            raise Refused("it was approved already", next_step="")
        self.said.append((approval, approved, hash, reason))


def test_several_are_answered_each_about_what_was_shown_of_it() -> None:
    work = Deciding()
    chosen = [_waits(one) for one in "abc"]
    done, errors = decide(work, chosen, True, "fine")  # type: ignore[arg-type]  # all it needs
    assert work.said == [("a", True, "ha", "fine"), ("c", True, "hc", "fine")]
    assert (done, errors) == (2, [("go on? (step p of run r)", "it was approved already")])


def test_what_is_not_shown_whole_is_not_approved_with_others() -> None:
    work = Deciding()
    chosen = [_waits("a"), {**_waits("c"), "what": {"long": "x" * MOST_SHOWN, "and": "more"}}]
    done, errors = decide(work, chosen, True, "")  # type: ignore[arg-type]  # all it needs
    assert (done, [one[0] for one in work.said]) == (1, ["a"])
    assert "are shown here" in errors[0][1]
    assert decide(work, chosen, False, "")[0] == 2  # type: ignore[arg-type]  # all it needs


def _waits(id: str) -> dict[str, object]:
    return {"id": id, "hash": f"h{id}", "path": "p", "run": "r", "message": "go on?", "what": None}
