"""Routines and swarms that lie beside the file of a swarm. See `routines.RoutineStore`."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vrooli.core.errors import UnknownName
from vrooli.execution.routines import StoredRoutine


@dataclass
class Library:
    """What there is.

    Attributes:
        definitions: of routines, by name; those of swarms as what drives them.
        named: names of routines that are there as well, and of which nothing else is known.
        sought: those that were needed, and of which nothing is known.
    """

    definitions: Mapping[str, Any]
    named: set[str] = field(default_factory=set)
    sought: set[str] = field(default_factory=set)

    async def put(self, definition: Any) -> tuple[str, bool]:
        """Those that every swarm may use need not be kept."""
        return definition["name"], False

    async def get(self, name: str) -> StoredRoutine:
        """The routine of that name.

        Raises:
            UnknownName: there is none.
        """
        if name not in self.definitions and name not in self.named:
            self.sought.add(name)
            advice = "put its file beside that of the swarm, or say in the script what it comes to"
            raise UnknownName(f"there is no routine `{name}`", name, next_step=advice)
        return self.known(name) or StoredRoutine(name, "", {"name": name}, 0.0)

    def known(self, name: str) -> StoredRoutine | None:
        """Its definition; None where that is not known."""
        if name not in self.definitions:
            return None
        definition = self.definitions[name]
        text = json.dumps(definition, sort_keys=True)
        version = hashlib.sha256(text.encode()).hexdigest()
        return StoredRoutine(name, version, definition, 0.0)
