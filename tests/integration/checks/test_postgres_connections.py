"""`postgres-connections` on a real PostgreSQL: clients come, and it counts them."""

from tests.support.stack import LiveStack


def test_connections_are_counted_and_a_lost_server_is_unknown(stack: LiveStack) -> None:
    stack.resource("db", "postgres", settings={"max_connections": "20"})
    stack.check("postgres-connections", interval=0.5, warning=1, critical=99)
    stack.write()
    stack.up()
    found = stack.until_result("postgres-connections-db", "warning", "of 20 connections in use")
    assert found["unit"] == "%"
    assert found["details"]["most"] == 20
    assert found["value"] == 100 * found["details"]["used"] / 20
    stack.run("stop", "db")
    stack.until_result("postgres-connections-db", "unknown", "db is not healthy")


def test_without_a_postgres_it_says_why_it_does_not_look(stack: LiveStack) -> None:
    stack.add("web")
    stack.write()
    stack.up()
    found = stack.until(lambda: stack.result("postgres-connections"), "it is listed")
    assert not found["applicable"]
    assert found["message"] == 'there is no resource of kind "postgres"'
    stack.until_ok()
