"""Reads `vrooli.toml` and says all that is wrong with it at once. The only file that imports
pydantic."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from vrooli.core.errors import ConfigError, VrooliError
from vrooli.core.nearest import did_you_mean
from vrooli.stack import explain
from vrooli.stack.builtin.console import INSTALL_CONSOLE, console_installed
from vrooli.stack.catalogue import Catalogue, Checks, InstalledKinds, NoChecks
from vrooli.stack.compile import Source, compile_stack
from vrooli.stack.compile_checks import MOST_SERVICES
from vrooli.stack.compile_process import Folders
from vrooli.stack.default import default_file
from vrooli.stack.find import LARGEST
from vrooli.stack.model import Stack
from vrooli.stack.option_keys import WrongKey
from vrooli.stack.problem import KeyPath, Problem, Problems
from vrooli.stack.sections import (
    AutohealSection,
    CheckSection,
    File,
    ResourceSection,
    ScenarioSection,
    StackSection,
    keys,
)
from vrooli.stack.sections_backup import BackupSection
from vrooli.stack.sections_fleet import FleetSection
from vrooli.stack.sections_jobs import JobSection
from vrooli.stack.sections_maintenance import MaintenanceSection
from vrooli.stack.sections_mcp import McpSection
from vrooli.stack.sections_notify import NotifySection
from vrooli.stack.toml_lines import key_lines, line_of
from vrooli.stack.toml_text import NEXT, parse
from vrooli.stack.work_half import INSTALL_WORK, work_half_installed

Section = TypeVar("Section")

_ADAPTERS: dict[type, TypeAdapter[Any]] = {}

UNKNOWN = "unexpected_keyword_argument"
"""Pydantic's name for a key that a dataclass does not have."""

_TOP = (
    *("stack", "resources", "scenarios", "jobs", "maintenance"),
    *("autoheal", "checks", "mcp", "notify", "fleet", "backup"),
)
_LARGEST_NUMBER = 2**63 - 1


def load_stack(
    path: Path | None,
    machine_python: str,
    checks: Checks | None = None,
    kinds: Catalogue | None = None,
    docker_host: str = "",
    own_unit: Callable[[str], str] = "vrooli-{}".format,
) -> Stack:
    """The compiled stack of a file, or the built-in one.

    Args:
        path: the file; None for the built-in stack.
        machine_python: the interpreter that runs our own scenarios.
        checks: where checks are found; None for none.
        kinds: where kinds are found; None for the installed ones.
        docker_host: where the `docker` command would find the Docker Engine.
        own_unit: by the stack's name, that of its own unit.

    Raises:
        ConfigError: with every problem, one a line, sorted by line.
    """
    catalogue, known = kinds or InstalledKinds(), checks or NoChecks()
    problems = Problems()
    home = str(Path.home())
    if path is None:
        source, text = (
            Source(_default_file(), Folders("", home)),
            "",
        )
    else:
        path = path.absolute()
        text = _read(path)
        reader = _Reader(catalogue, known, problems)
        raw = parse(text, path)
        _require_sensible_size(raw, path)
        file = reader.file(raw)
        folders = Folders(str(path.parent), home)
        source = Source(
            file,
            folders,
            str(path),
            reader.options,
            reader.check_options,
            frozenset(reader.broken),
        )
    source = replace(source, docker_host=docker_host, own_unit=own_unit)
    stack = compile_stack(source, catalogue, known, machine_python, problems)
    _check_installed(stack, problems)
    if problems.found:
        raise _error(problems, text, str(path))
    return stack


def _default_file() -> File:
    return default_file(with_server=work_half_installed(), with_console=console_installed())


def _check_installed(stack: Stack, problems: Problems) -> None:
    for service in stack.services.values():
        if service.kind == "console" and not console_installed():
            text = f"the console is not installed; {INSTALL_CONSOLE}"
            problems.add(("scenarios", service.group), text)
        if service.kind == "server" and not work_half_installed():
            text = f"belongs to the work half, which is not installed; {INSTALL_WORK}"
            problems.add(("scenarios", service.group), text)


def _read(path: Path) -> str:
    where = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigError(
            f"cannot read the stack file: {error.strerror}",
            where=where,
            next_step="name another by -f FILE, or write one by `vrooli init`",
        ) from error
    if len(content) > LARGEST:
        raise ConfigError(
            f"the stack file is larger than {LARGEST} bytes",
            where=where,
            next_step="take out what no service needs",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError("not UTF-8 text", where=f"{where}:{line}", next_step=NEXT) from error


def _require_sensible_size(raw: Mapping[str, Any], path: Path) -> None:
    """At once: a file that a program has filled would be read for minutes."""
    tables = [raw.get(name) for name in ("resources", "scenarios")]
    if sum(len(table) for table in tables if isinstance(table, dict)) > MOST_SERVICES:
        what = f"more than {MOST_SERVICES} services"
        raise ConfigError(what, where=str(path), next_step=NEXT)


def _adapter(section: type[Section]) -> TypeAdapter[Section]:
    """Made once: making one costs as much as reading a hundred sections."""
    if section not in _ADAPTERS:
        _ADAPTERS[section] = TypeAdapter(section)
    return _ADAPTERS[section]


def _error(problems: Problems, text: str, file: str) -> ConfigError:
    try:
        lines = key_lines(text)
    except RecursionError:
        lines = {}
    placed = [(line_of(problem.path, lines), problem) for problem in problems.found.values()]
    placed.sort(key=lambda item: item[0])
    if len(placed) == 1:
        line, problem = placed[0]
        return ConfigError(_sentence(problem), where=f"{file}:{line}", next_step=NEXT)
    listed = [f"{file}:{line}: {_sentence(problem)}" for line, problem in placed]
    return ConfigError("\n".join([f"{len(listed)} problems", *listed]), where=file, next_step=NEXT)


def _sentence(problem: Problem) -> str:
    return f"{problem.dotted}: {problem.text}" if problem.path else problem.text


@dataclass
class _Reader:
    """Raw tables to sections. A service that cannot be read is remembered as broken, and the others
    are read on."""

    catalogue: Catalogue
    known: Checks
    problems: Problems
    options: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    check_options: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    broken: list[KeyPath] = field(default_factory=list)

    def file(self, raw: dict[str, Any]) -> File:
        raw = self._plain(raw, ())
        for name in raw.keys() - set(_TOP):
            self._unknown((name,), _TOP)
        return File(
            stack=self._section(StackSection, raw.get("stack", {}), ("stack",)) or StackSection(),
            resources=self._resources(raw),
            scenarios=self._scenarios(raw),
            jobs=self._named(JobSection, raw, "jobs"),
            maintenance=self._named(MaintenanceSection, raw, "maintenance"),
            autoheal=self._section(AutohealSection, raw.get("autoheal", {}), ("autoheal",))
            or AutohealSection(),
            checks=self._checks(raw),
            mcp=self._named(McpSection, raw, "mcp"),
            notify=self._section(NotifySection, raw.get("notify", {}), ("notify",))
            or NotifySection(),
            fleet=self._section(FleetSection, raw.get("fleet", {}), ("fleet",)) or FleetSection(),
            backup=self._section(BackupSection, raw["backup"], ("backup",))
            if "backup" in raw
            else None,
        )

    def _tables(self, raw: dict[str, Any], name: str) -> Iterable[tuple[str, dict[str, Any]]]:
        tables = raw.get(name, {})
        if not isinstance(tables, dict):
            self.problems.add((name,), f"expected tables, like [{name}.NAME]")
            return
        for key, table in tables.items():
            if isinstance(table, dict):
                yield key, table
            else:
                self.problems.add((name, key), f"expected a table, like [{name}.{key}]")
                if name in ("resources", "scenarios"):  # to others nobody refers
                    self.broken.append((name, key))

    def _scenarios(self, raw: dict[str, Any]) -> dict[str, ScenarioSection]:
        found: dict[str, ScenarioSection] = {}
        for name, table in self._tables(raw, "scenarios"):
            section = self._section(ScenarioSection, table, ("scenarios", name))
            if section is not None:
                found[name] = section
            else:
                self.broken.append(("scenarios", name))
        return found

    def _named(self, section: type[Section], raw: dict[str, Any], table: str) -> dict[str, Section]:
        """Sections to which nobody refers: one that cannot be read is left out."""
        read = {
            name: self._section(section, values, (table, name))
            for name, values in self._tables(raw, table)
        }
        return {name: found for name, found in read.items() if found is not None}

    def _resources(self, raw: dict[str, Any]) -> dict[str, ResourceSection]:
        found: dict[str, ResourceSection] = {}
        for name, table in self._tables(raw, "resources"):
            section = self._resource(name, table)
            if section is not None:
                found[name] = section
            else:
                self.broken.append(("resources", name))
        return found

    def _resource(self, name: str, table: dict[str, Any]) -> ResourceSection | None:
        path = ("resources", name)
        known = self.catalogue.resource_kinds()
        kind_name = table.get("kind")
        if not isinstance(kind_name, str) or kind_name not in known:
            self._unknown_kind((*path, "kind"), kind_name, known)
            self._section(ResourceSection, {**table, "kind": ""}, path, any_key=True)
            return None
        options = self.catalogue.kind("resource", kind_name).options
        section, chosen = self._split(ResourceSection, options, table, path)
        if chosen is None:
            return None
        self.options[name] = chosen
        return section

    def _checks(self, raw: dict[str, Any]) -> dict[str, CheckSection]:
        found: dict[str, CheckSection] = {}
        for name, table in self._tables(raw, "checks"):
            section = self._check(name, table)
            if section is not None:
                found[name] = section
        return found

    def _check(self, name: str, table: dict[str, Any]) -> CheckSection | None:
        """One of the product under its name, or one of the user's own with a `kind`."""
        path = ("checks", name)
        brought, kinds = self.known.names(), self.known.kinds()
        if name in brought:
            kind, allowed = table.get("kind", name), [name]
        elif "kind" in table:
            kind, allowed = table["kind"], kinds
        else:
            hint = did_you_mean(name, brought)
            text = f"there is no such check{hint}; one of your own needs a `kind`"
            self.problems.add(path, f"{text} ({', '.join(kinds)})")
            return None
        if kind not in allowed:
            self._unknown_kind((*path, "kind"), kind, allowed)
            return None
        section, chosen = self._split(CheckSection, self.known.options(kind), table, path)
        if chosen is None:
            return None
        self.check_options[name] = chosen
        return section

    def _split(
        self, section: type[Section], options: type, table: dict[str, Any], path: KeyPath
    ) -> tuple[Section | None, dict[str, Any] | None]:
        """The common section and the chosen options of a table; None each after problems."""
        own = {key.name for key in keys(options)} - {key.name for key in keys(section)}
        common = {key: value for key, value in table.items() if key not in own}
        chosen = {key: value for key, value in table.items() if key in own}
        read = self._section(section, common, path, also=own)
        if self._section(options, chosen, path) is None:
            return read, None
        return read, chosen

    def _unknown_kind(self, path: KeyPath, kind: object, known: list[str]) -> None:
        allowed = f"(allowed: {', '.join(known)})"
        if isinstance(kind, str):
            text = f"unknown kind `{kind}`{did_you_mean(kind, known)} {allowed}"
        else:
            text = f"needs the name of a kind {allowed}"
        self.problems.add(path, text)

    def _section(
        self,
        section: type[Section],
        raw: Any,
        path: KeyPath,
        *,
        also: Iterable[str] = (),
        any_key: bool = False,
    ) -> Section | None:
        """`raw` as `section`, None after problems. `also`: valid keys that are read elsewhere."""
        if not isinstance(raw, dict):
            self.problems.add(path, f"expected a table, like [{'.'.join(map(str, path))}]")
            return None
        for _ in range(2):  # again without what was wrong, so that the rest is checked too
            try:
                return _adapter(section).validate_json(json.dumps(raw), strict=True)
            except WrongKey as error:
                self.problems.add((*path, error.key), error.what)
                return None
            except VrooliError as error:
                self.problems.add(path, error.what)
                return None
            except ValidationError as error:
                items = error.errors(include_url=False, include_input=False)
            for item in items:
                if not (any_key and item["type"] == UNKNOWN):
                    self._explain(section, raw, path, item, also)
            for where in [explain.existing(raw, item["loc"])[0] for item in items]:
                raw = explain.without(raw, where)
        return None

    def _explain(
        self, section: type, raw: Any, path: KeyPath, item: Any, also: Iterable[str]
    ) -> None:
        """Say in our words what pydantic found; its own words are about Python, not about the
        file."""
        inner, value = explain.existing(raw, item["loc"])
        if item["type"] == UNKNOWN:
            parent = explain.key_at(section, inner[:-1])
            table = parent.section if parent and parent.section else section
            more = () if parent else also
            self._unknown((*path, *inner), [*(key.name for key in keys(table)), *more])
        elif item["type"] in ("missing", "missing_argument"):
            self.problems.add((*path, *inner, item["loc"][-1]), "must be written")
        elif item["type"] in ("value_error", "assertion_error"):
            self.problems.add((*path, *inner), str(item["ctx"]["error"]))
        else:
            key = explain.key_at(section, inner)
            self.problems.add((*path, *inner), explain.expected(key, value))

    def _unknown(self, path: KeyPath, allowed: Iterable[str]) -> None:
        name = str(path[-1])
        listed = f"(allowed here: {', '.join(sorted(allowed))})"
        self.problems.add(path, f"unknown key `{name}`{did_you_mean(name, allowed)} {listed}")

    def _plain(self, value: Any, path: KeyPath) -> Any:
        """`value` as JSON knows it; dates, infinities and enormous numbers have no meaning in a
        stack file."""
        if isinstance(value, dict):
            return {key: self._plain(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._plain(item, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, str | bool):
            return value
        if isinstance(value, int | float) and abs(value) <= _LARGEST_NUMBER:  # NaN is not
            return value
        kind = "a number of that size" if isinstance(value, int | float) else "a date"
        self.problems.add(path, f"{kind} has no meaning here")
        return 0
