"""What is shown of a stack to people who only look."""

from dataclasses import replace

from tests.support.stackfile import StackFile
from vrooli.stack.shown import HIDDEN, shown


def test_references_are_shown_and_secrets_are_not(file: StackFile) -> None:
    """A file with such a secret is refused; a `stack.json` of before that rule may hold one."""
    stack = file.load(
        '[scenarios.web]\ncommand = ["true"]\nenv = { A = "plain", PASSWORD = "env:PASSWORD" }\n'
    )
    assert shown(stack)["services"]["web"]["env"] == {"A": "plain", "PASSWORD": "env:PASSWORD"}
    command = ("true", "postgres://me:geheim@db/x")
    old = replace(stack.services["web"], env={"PASSWORD": "geheim"}, command=command)
    web = shown(replace(stack, services={"web": old}))["services"]["web"]
    assert web["env"] == {"PASSWORD": HIDDEN}
    assert web["command"] == ["true", HIDDEN]
