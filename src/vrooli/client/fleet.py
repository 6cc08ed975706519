"""The server's API about other hosts, typed."""

from typing import Any
from urllib.parse import quote, urlencode

from vrooli.client.api import ApiClient, rows_of


class FleetClient(ApiClient):
    """One server; errors as `ApiClient` says."""

    __slots__ = ()

    def hosts(self, *, brief: bool = False) -> list[dict[str, Any]]:
        """By name, those that were revoked last; `brief` without what is wrong there."""
        return rows_of(self._ask("GET", f"/hosts?brief={str(brief).lower()}"), "hosts")

    def add_host(self, name: str) -> dict[str, Any]:
        """The host, with the `token` by which its watchdog posts."""
        return self._make("/hosts", {"name": name})

    def revoke_host(self, name: str) -> dict[str, Any]:
        """The host, which may post no more."""
        return self._ask("DELETE", f"/hosts/{quote(name, safe='')}")

    def history(self, name: str, **query: Any) -> dict[str, Any]:
        """`{records, next_cursor}`, newest first; the query is that of `GET /history`."""
        return self._ask("GET", f"/hosts/{quote(name, safe='')}/history?{urlencode(query)}")

    def post_records(self, report: dict[str, Any]) -> dict[str, Any]:
        """`{accepted, duplicates, up_to_seq}`; whoever asks must be a host."""
        return self._ask("POST", "/fleet/records", report)
