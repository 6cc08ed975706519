"""What the example swarm `research-and-report` lets pass: pure code, without a model."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from vrooli.flow.yaml import parse

FOLDER = Path(__file__).parents[3] / "examples" / "swarms" / "research-and-report"
SAYS, URL = "Cats sleep sixteen hours.", "http://web/cats"


def main(tmp_path: Path, routine: str, step: str) -> Any:
    """The function of a step."""
    steps = parse((FOLDER / f"{routine}.yaml").read_text(encoding="utf-8")).data["do"]
    (code,) = [one["python"]["code"] for one in steps if one.get("step") == step]
    path = tmp_path / f"{step}.py"
    path.write_text(code, encoding="utf-8")
    return runpy.run_path(str(path))["main"]


@pytest.mark.parametrize("sources", [[], [0], [2], [1, 2]])
def test_a_claim_has_sources_that_are_there(tmp_path: Path, sources: list[int]) -> None:
    write = main(tmp_path, "research-write", "claims")
    claim = {"says": "Sixteen hours.", "sources": sources}
    given = {"question": "How long?", "notes": [{"url": URL, "says": SAYS}], "model": "house:a"}
    with pytest.raises(ValueError, match="no source"):
        write({**given, "asked": [claim]})
    found = write({**given, "asked": [{**claim, "sources": [1]}]})
    assert found["text"].startswith("# How long?\n\nSixteen hours. [1]\n")


def test_a_source_stands_in_a_page_that_was_read(tmp_path: Path) -> None:
    check = main(tmp_path, "research-check", "checked")
    report = {"claims": [{"says": "Sixteen hours.", "sources": [{"url": URL, "says": SAYS}]}]}
    page = {"status": "done", "output": {"url": URL, "text": f"All say: {SAYS}"}}
    assert check({"report": report, "tasks": {"read_1": page}}) == {"claims": 1, "pages": 1}
    with pytest.raises(ValueError, match="does not say"):
        check({"report": report, "tasks": {"read_1": {**page, "status": "failed"}}})


def test_what_nobody_named_is_not_read(tmp_path: Path) -> None:
    """Nor more pages than may be; where nothing is left, the report is written."""
    plan = main(tmp_path, "research-plan", "plan")
    given = {"question": "q", "search": "", "pages": 2, "model": ""}
    known = {"number": 3, "read": 1, "open": [URL, f"{URL}/2"], "notes": []}
    chosen = {"queries": ["x"], "read": ["http://elsewhere/", URL, f"{URL}/2"], "write": False}
    (task,) = plan({"given": given, "known": known, "chosen": chosen, "tasks": {}})["tasks"]
    assert (task["task"], task["inputs"]["url"]) == ("read_3", URL)
    known = {**known, "read": 2}
    (task,) = plan({"given": given, "known": known, "chosen": chosen, "tasks": {}})["tasks"]
    assert (task["routine"], task["writes"]) == ("research-write", "report")
