"""Hosts of the fleet: silent ones first, and what is wrong on each."""

from typing import Any

from vrooli.console.parts.hosts import Server, away, hosts, servers, summary


def host(name: str, **more: Any) -> dict[str, Any]:
    usual = {"revoked_at": None, "last_seen": 50.0, "silent": 1.0, "unheard": False}
    return {"name": name, "status": "ok", "problems": [], "behind": 0, **usual, **more}


def test_silent_hosts_stand_first_and_revoked_ones_last() -> None:
    found = hosts(
        [
            host("gone", revoked_at=9.0),
            host("fine"),
            host("sick", status="critical"),
            host("quiet", silent=500.0),
        ]
    )
    assert [one.name for one in found] == ["quiet", "sick", "fine", "gone"]
    assert summary(found) == ("critical", "quiet is silent.")


def test_what_is_wrong_there_is_told_up_to_a_few() -> None:
    problems = [{"name": f"s{n}", "message": "down\nlog"} for n in range(5)]
    [found] = hosts([host("sick", status="warning", problems=problems)])
    assert found.problems == ("s0: down", "s1: down", "s2: down", "and 2 more")
    assert summary([found]) == ("warning", "Something is wrong on sick.")


def test_a_host_that_never_posted_is_no_outage() -> None:
    assert summary(hosts([host("new", last_seen=None)]))[0] == "warning"
    assert summary(hosts([host("a"), host("b")])) == ("ok", "All hosts are healthy.")
    assert summary([])[0] == "unknown"


def test_servers_are_known_by_the_kind_of_their_check() -> None:
    status = {
        "services": [
            {"name": "api", "kind": "scenario", "state": "failed", "url": "http://127.0.0.1:1"},
            {"name": "web", "kind": "scenario", "state": "running", "health": "ok"},
        ]
    }
    checks = [{"id": "scenario-api", "kind": "server"}, {"id": "scenario-web", "kind": "process"}]
    [found] = servers(status, checks)
    assert (found.name, found.level, found.url) == ("api", "critical", "http://127.0.0.1:1")


def test_why_the_server_is_away_is_what_the_watchdog_says() -> None:
    well = Server("api", "ok", "healthy", "", "")
    assert away([well, Server("api-2", "critical", "down", "", "")]) == "api-2: down."
    assert away([well]) == "The server does not answer, though its own checks are well."
