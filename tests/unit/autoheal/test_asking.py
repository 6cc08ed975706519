"""What the watchdog's API takes, and what it refuses."""

import inspect
import re
from dataclasses import fields
from typing import Any

import pytest

from scripts.reference_api import routes_of_watchdog
from vrooli.autoheal.asking import Nothing, read, require_known
from vrooli.autoheal.routes.actions import Asked
from vrooli.autoheal.routes.judgement import Begin
from vrooli.autoheal.routes.services import Operation
from vrooli.core.errors import UsageError
from vrooli.stack.upgrading import Wish


def test_a_body_is_read_as_what_it_is() -> None:
    assert read(Begin, {"seconds": 60, "subjects": ["web"]}) == Begin(60, ("web",))
    asked = read(Operation, {"action": "upgrade", "names": ["db"], "options": {"to": "18"}})
    assert asked == Operation("upgrade", ("db",), Wish(to="18"))
    assert read(Nothing, {}) == Nothing()


@pytest.mark.parametrize(
    ("shape", "said", "words"),
    [
        (Begin, {"services": ["web"], "seconds": 60}, "unknown key `services`"),
        (Begin, {"subject": ["web"], "seconds": 60}, "did you mean `subjects`?"),
        (Begin, {"subjects": ["web"]}, "`seconds` is missing"),
        (Begin, {"seconds": "60"}, "`seconds` must be a number"),
        (Begin, {"seconds": True}, "`seconds` must be a number"),
        (Begin, {"seconds": 60, "subjects": "web"}, "`subjects` must be a list of texts"),
        (Begin, {"seconds": 60, "subjects": [1]}, "`subjects` must be a list of texts"),
        (Begin, {"seconds": 60, "until_green": "no"}, "`until_green` must be a boolean"),
        (Begin, {"seconds": 60, "why": None}, "`why` must be a text"),
        (Asked, {"subject": "web", "dry-run": True}, "did you mean `dry_run`?"),
        (Asked, {"action": "restart"}, "`subject` is missing"),
        (Operation, {"action": "stop", "name": "web"}, "did you mean `names`?"),
        (Operation, {"action": ["stop"]}, "`action` must be one of up, down"),
        (Operation, {"action": "up", "options": []}, "`options` must be a JSON object"),
        (
            Operation,
            {"action": "up", "options": {"undoo": True}},
            "unknown key in `options`: `undoo`",
        ),
        (Operation, {"action": "up", "options": {"undo": 1}}, "`options.undo` must be a boolean"),
        (Nothing, {"force": True}, "unknown key `force`"),
    ],
)
def test_what_is_not_known_or_of_another_type_is_refused(
    shape: type, said: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(words)) as refused:
        read(shape, said)
    assert refused.value.next_step


def test_a_parameter_that_is_not_known_is_refused() -> None:
    require_known(["limit"], ["since", "limit"], "parameter")
    with pytest.raises(UsageError, match="`limits`; did you mean `limit`"):
        require_known(["limits"], ["since", "limit"], "parameter")


@pytest.mark.parametrize("route", list(routes_of_watchdog()), ids=lambda route: str(route.path))
def test_the_reference_names_all_that_a_route_takes(route: Any) -> None:
    told = inspect.getdoc(route.endpoint) or ""
    for name in getattr(route.endpoint, "query", ()):
        assert re.search(rf"`{name}(=\w+)?`", told.partition("Query:")[2]), name
    shape = getattr(route.endpoint, "shape", Nothing)
    keys = {
        word
        for group in re.findall(r"`(?:{([\w, ]+)}|(\w+))`", told)
        for part in group
        for word in part.split(", ")
    }
    assert {field.name for field in fields(shape)} <= keys
