"""The JSON Schema of `vrooli.toml`, drawn from the sections, for editors and other tools."""

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from vrooli.stack.catalogue import Catalogue, Checks, InstalledKinds, NoChecks
from vrooli.stack.names import NAME_PATTERN
from vrooli.stack.sections import (
    AutohealSection,
    CheckSection,
    Key,
    ResourceSection,
    ScenarioSection,
    StackSection,
    choices,
    keys,
    summary,
)
from vrooli.stack.sections_backup import BackupSection
from vrooli.stack.sections_fleet import FleetSection
from vrooli.stack.sections_jobs import JobSection
from vrooli.stack.sections_maintenance import MaintenanceSection
from vrooli.stack.sections_mcp import McpSection
from vrooli.stack.sections_notify import NotifySection

DIALECT = "http://json-schema.org/draft-07/schema#"
"""The newest one that TOML editors understand."""

_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number"}

Schema = dict[str, Any]


def json_schema(checks: Checks | None = None, kinds: Catalogue | None = None) -> Schema:
    """The schema; `kinds` are the installed ones unless given, `checks` none."""
    catalogue, known = kinds or InstalledKinds(), checks or NoChecks()
    resources = [_resource(catalogue, name) for name in catalogue.resource_kinds()]
    return {
        "$schema": DIALECT,
        "title": "vrooli.toml",
        "description": "What runs here.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "stack": _table(StackSection),
            "resources": _named({"oneOf": resources}, summary(ResourceSection)),
            "scenarios": _named(_table(ScenarioSection), summary(ScenarioSection)),
            "jobs": _named(
                {**_table(JobSection), "required": ["command", "schedule"]}, summary(JobSection)
            ),
            "maintenance": _named(
                {**_table(MaintenanceSection), "required": ["schedule", "duration"]},
                summary(MaintenanceSection),
            ),
            "autoheal": _table(AutohealSection),
            "checks": _checks(known),
            "mcp": _named(_table(McpSection), summary(McpSection)),
            "notify": _table(NotifySection),
            "fleet": _table(FleetSection),
            "backup": _table(BackupSection),
        },
    }


def _checks(known: Checks) -> Schema:
    """Those that the product brings by their names, and the user's own by their kinds."""
    own = [_check(known, name, {"const": name}) for name in known.kinds()]
    return {
        "type": "object",
        "description": summary(CheckSection),
        "propertyNames": {"pattern": NAME_PATTERN},
        "properties": {name: _check(known, name) for name in known.names()},
        "additionalProperties": {"oneOf": own} if own else False,
    }


def _check(known: Checks, name: str, kind: Schema | None = None) -> Schema:
    schema = _table(CheckSection)
    own = {key.name: _value(key) for key in keys(known.options(name))}
    schema["properties"] = {**own, **schema["properties"], "kind": kind or {"const": name}}
    return schema | ({"required": ["kind"]} if kind else {})


def _resource(catalogue: Catalogue, name: str) -> Schema:
    """Resources of one kind: the common keys and its own."""
    kind = catalogue.kind("resource", name)
    schema = _table(ResourceSection)
    own = {key.name: _value(key) for key in keys(kind.options)}
    schema["properties"] = {**own, **schema["properties"], "kind": {"const": name}}
    schema["properties"]["runtime"] = {
        **schema["properties"]["runtime"],
        "enum": list(kind.runtimes),
    }
    return {**schema, "title": kind.title, "description": kind.summary, "required": ["kind"]}


def _table(section: type) -> Schema:
    return {
        "type": "object",
        "description": summary(section),
        "additionalProperties": False,
        "properties": {key.name: _value(key) for key in keys(section)},
    }


def _named(schema: Schema, description: str) -> Schema:
    """Tables below names that the author chooses."""
    return {
        "type": "object",
        "description": description,
        "propertyNames": {"pattern": NAME_PATTERN},
        "additionalProperties": schema,
    }


def _value(key: Key) -> Schema:
    schema = dict(key.schema or _of_key(key))
    return {**schema, "description": key.doc} if key.doc else schema


def _of_key(key: Key) -> Schema:
    if key.section is not None:
        table = _table(key.section)
        return {"type": "object", "additionalProperties": table} if key.named else table
    found = [_of_type(choice) for choice in choices(key.hint)]
    return found[0] if len(found) == 1 else {"anyOf": found}


def _of_type(hint: Any) -> Schema:
    if hint in _TYPES:
        return {"type": _TYPES[hint]}
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(parts)}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _of_type(parts[1])}
    if origin in (list, tuple):
        return {"type": "array", "items": _of_type(parts[0])}
    return {}
