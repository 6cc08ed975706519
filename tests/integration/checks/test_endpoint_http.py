"""`endpoint-http` against a real server, which is edited, broken and killed while it is watched."""

from tests.support.stack import LiveStack, said


def test_a_declared_url_is_judged_by_what_it_answers(stack: LiveStack) -> None:
    stack.add("web", heal="watch")
    url = stack.url("web")
    stack.check("right", kind="endpoint-http", url=url, interval=0.5)
    stack.check("status", kind="endpoint-http", url=url, status=[204], interval=0.5)
    stack.check("text", kind="endpoint-http", url=url, contains="no such words", interval=0.5)
    stack.check("json", kind="endpoint-http", url=url, json={"a.b": 1}, interval=0.5)
    stack.write()
    stack.up()
    assert stack.until_result("right", "ok")["unit"] == "ms"
    stack.until_result("status", "critical", "not a status that was expected")
    stack.until_result("text", "critical", "does not hold 'no such words'")
    stack.until_result("json", "critical", "not JSON")
    stack.kill("web")
    stack.until_result("right", "critical")


def test_an_edit_adds_changes_and_removes_checks_of_a_running_watchdog(stack: LiveStack) -> None:
    stack.add("web")
    stack.check("site", kind="endpoint-http", url=stack.url("web"), interval=0.5)
    stack.write()
    stack.up()
    stack.until_result("site", "ok")
    stack.check("site", kind="endpoint-http", url=stack.url("web"), status=[500], interval=0.5)
    stack.check("other", kind="endpoint-http", url=stack.url("web"), interval=0.5)
    stack.write()
    assert "checks.site" in said(stack.up())
    stack.until_result("site", "critical")
    stack.until_result("other", "ok")
    stack.remove("checks.other")
    stack.write()
    stack.up()
    assert not stack.result("other")
