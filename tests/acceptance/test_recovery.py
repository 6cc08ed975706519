"""When a database is back, what was not well without it is seen well again at once."""

from tests.support.stack import LiveStack, said


def test_the_server_is_asked_again_when_its_database_is_healed(stack: LiveStack) -> None:
    stack.with_postgres_and_server()
    stack.check("vrooli-server", interval=3600)  # only a recovery or a forced tick looks at it
    stack.write()
    stack.up()
    stack.until_result("vrooli-server", "ok")
    window = stack.ask("maintenance", "start", "postgres", "--for", "10m", "--why", "a look")
    stack.kill("postgres")
    stack.until(lambda: stack.service("postgres").get("state") == "failed", "it is down")
    ticked = stack.autoheal_command("tick", "--force")
    assert "vrooli-server" in said(ticked)
    stack.until_result("vrooli-server", "critical", "without postgres")
    stack.ask("maintenance", "end", window["id"])
    stack.until_healed("postgres")
    stack.until_result("vrooli-server", "ok")
    assert stack.heals("server") == []
