"""Which approvals one command decides, and what is said of their cost."""

from typing import Any

import pytest
from typer import Exit

from vrooli.cli.approval import rows
from vrooli.cli.approval_several import Chosen, decide_several, mild_enough
from vrooli.client.costs import cost_said
from vrooli.core.errors import UsageError
from vrooli.execution.approvals.costing import cost
from vrooli.flow.budget import Limits

ONE, OTHER, HASH = "0123456789abcdef", "fedcba9876543210", "a" * 64
GONE = "0" * 16


def chosen(*of: str, swarm: str = "", risk: str = "", hash_: str = "") -> Chosen:
    return Chosen(of, bool(swarm), swarm, risk, hash_)


@pytest.mark.parametrize(
    ("said", "several"),
    [
        (chosen(ONE), False),
        (chosen(ONE, "sign"), False),
        (chosen(ONE, hash_=HASH), False),
        (chosen(ONE, OTHER), True),
        (chosen(f"{ONE}:{HASH}"), True),
        (chosen(swarm=ONE), True),
        (chosen(swarm=ONE, risk="changing"), True),
    ],
)
def test_one_or_several(said: Chosen, several: bool) -> None:
    assert said.several is several


@pytest.mark.parametrize(
    "said",
    [
        chosen(),
        Chosen((), True, "", "", ""),
        Chosen((), False, ONE, "", ""),
        chosen(ONE, swarm=OTHER),
        chosen(ONE, risk="changing"),
        chosen(swarm=ONE, risk="odd"),
        chosen(ONE, OTHER, hash_=HASH),
        chosen(ONE, "sign", OTHER),
    ],
)
def test_what_says_two_things_or_none_is_refused(said: Chosen) -> None:
    with pytest.raises(UsageError):
        said.several  # noqa: B018 -- reading it checks it


def test_up_to_a_class_of_risk() -> None:
    kinds: tuple[object, ...] = (
        {"risk": "reading"},
        {"risk": "changing"},
        {"risk": "dangerous"},
        {},
        "text",
    )
    assert [mild_enough(one, "changing") for one in kinds] == [True, True, False, False, False]
    assert all(mild_enough(one, "") for one in kinds)


def test_the_least_of_the_budgets_counts_and_what_others_cost_is_told() -> None:
    both = cost({"budget": {"cost": 0.5}}, Limits(2_000_000), 3, 20_000)
    others = {"tokens": None, "steps": None, "time": None}
    assert both == {"most": 0.5, "before": 0.02, "runs": 3, **others}
    assert cost_said(both) == "at most $0.50; before: $0.02 (median of 3)"
    assert cost("text", Limits(), 0, None) == {"most": None, "before": None, "runs": 0, **others}
    assert cost({"budget": "odd"}, Limits(2_000_000), 0, None)["most"] == 2.0
    assert cost_said({"most": None, "before": None, "runs": 0}) == "no budget limits it"
    assert cost_said(None) == ""


def test_limits_of_other_kinds_are_told_where_none_is_of_cost() -> None:
    left = Limits(tokens=4000, steps=40, seconds=3600.0)
    found = cost({"budget": {"steps": 7}}, left, 0, None)
    assert cost_said(found) == "no limit of cost; at most 4000 tokens, 7 steps, 60 min in all"
    assert cost(None, Limits(steps=-1), 0, None)["steps"] == 0
    assert cost_said({**found, "most": 2.0, "time": None}) == "at most $2.00, 4000 tokens, 7 steps"


def test_a_list_names_swarms_where_one_asks() -> None:
    own = {"id": ONE, "run": OTHER, "path": "sign", "status": "pending", "asked_of": "ann"}
    one = {**own, "asked_at": 0.0, "message": "", "swarm": None}
    titles, (cells,) = rows([one])
    assert (titles[:3], cells[:3]) == (("ID", "RUN", "STEP"), (ONE, OTHER, "sign"))
    titles, found = rows([one, {**one, "swarm": HASH}])
    assert titles[:3] == ("ID", "SWARM", "RUN")
    assert [cells[:3] for cells in found] == [(ONE, "-", OTHER), (ONE, HASH, OTHER)]


class Client:
    """One counts, one was answered before, one is not there."""

    def approval(self, approval: str) -> dict[str, Any]:
        if approval == GONE:
            raise UsageError("there is no such approval", next_step="")
        asked = {"path": "sign", "run": "r", "message": f"Keep {approval[0]}?", "what": None}
        return {"id": approval, "hash": HASH, **asked}

    def decide_several(
        self, pairs: list[tuple[str, str]], approved: bool, reason: str
    ) -> list[dict[str, Any]]:
        problems = {ONE: "", OTHER: "ann has approved it already", GONE: "there is none"}
        found = ((id_, problems[id_]) for id_, _ in pairs)
        return [
            {"id": id_, "status": "" if why else "approved", "problem": why} for id_, why in found
        ]


def test_those_of_a_batch_that_do_not_count_are_named_with_the_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    which = chosen(ONE, f"{OTHER}:{HASH}", GONE)
    with pytest.raises(Exit) as ended:
        decide_several(Client(), which, True, "", show=lambda _: None)  # type: ignore[arg-type]  # all it needs
    assert ended.value.exit_code == 1
    said = capsys.readouterr()
    assert "Keep 0? (step sign of run r)" in said.out
    assert said.err.splitlines() == [
        "2 of 3 did not count:",
        "  Keep f? (step sign of run r): ann has approved it already",
        f"  {GONE}: there is none",
    ]
