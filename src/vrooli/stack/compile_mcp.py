"""`[mcp.NAME]` of the file: checked, and handed to the servers of the stack."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from vrooli.stack.compile_checks import check_table
from vrooli.stack.compile_process import Folders, absolute_reference
from vrooli.stack.mcp import (
    MOST_SERVERS,
    TIMEOUT,
    TIMEOUTS,
    VARIABLE,
    McpServer,
    mistakes,
    server_of,
)
from vrooli.stack.model import Service
from vrooli.stack.problem import Problems, Section
from vrooli.stack.sections import File
from vrooli.stack.sections_mcp import McpSection


def compile_mcp(file: File, folders: Folders, problems: Problems) -> dict[str, McpServer]:
    """Those without a mistake, by name."""
    check_table(file.mcp, MOST_SERVERS, "servers", problems.at("mcp"))
    found = {}
    for name, written in file.mcp.items():
        section = problems.at("mcp", name)
        said = _said(written, section, folders)
        wrong = list(mistakes(name, said))
        for key, text in wrong:
            problems.add((*section.path, *filter(None, key.split(".", 1))), text)
        if not wrong:
            found[name] = server_of(name, said)
    return found


def told_of_mcp(
    services: Mapping[str, Service], servers: Mapping[str, McpServer]
) -> dict[str, Service]:
    """The services; our servers know these by their environment, and get the variables that are
    named by references. What the file says of a variable itself counts instead.
    """
    if not servers:
        return dict(services)
    text = json.dumps({name: one.to_json() for name, one in servers.items()}, sort_keys=True)
    named = {ref[4:]: ref for one in servers.values() for ref in _references(one)}
    return {
        name: replace(service, env={VARIABLE: text, **named, **service.env})
        if service.kind == "server"
        else service
        for name, service in services.items()
    }


def _references(one: McpServer) -> list[str]:
    """To variables."""
    return [ref for ref in (*one.env.values(), *one.headers.values()) if ref.startswith("env:")]


def _said(written: McpSection, section: Section, folders: Folders) -> dict[str, Any]:
    said = {key: value for key, value in asdict(written).items() if value is not None}
    if "timeout" in said:
        said["timeout"] = section.seconds("timeout", said["timeout"], TIMEOUT, TIMEOUTS)
    for key in ("env", "headers"):
        if key in said:
            table = said[key].items()
            said[key] = {name: absolute_reference(value, folders) for name, value in table}
    return said
