"""Money and lengths of time are said in one way: by `core/amounts.py`."""

import re

from tests.architecture.source import SOURCE, name, python

WORK = re.compile(
    r"/(?:cli|client|console)/(?:\w+/)?(run|swarm|approval|user_budget|costs|people|deciding|work)\w*\.py$"
)
"""Files about runs, swarms and approvals, for people."""


def offending(pattern: str, *, work: bool) -> list[str]:
    """Lines that say it by themselves."""
    return [
        f"{name(file)}:{number}"
        for file in python("src")
        if file != SOURCE / "core" / "amounts.py" and (not work or WORK.search(str(file)))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]


def test_money_is_said_in_one_way() -> None:
    assert not offending(r'\} (\$|USD|US dollars?)\b|\} \$["\']|\$\{[^{}]*:[^{}]*f\}', work=False)


def test_lengths_of_time_of_the_work_are_said_in_one_way() -> None:
    assert not offending(r"/ (60|3600|86_400)\b|:[,.\d]+[fg]\} (ms|s|min|h|d)\b", work=True)
