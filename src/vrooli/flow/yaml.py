"""Routines as people write them: YAML 1.2 (JSON is part of it), with the line of every place."""

from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from vrooli.core.errors import UsageError
from vrooli.core.nesting import TOO_DEEP, too_deep

LONGEST = 1024 * 1024
"""Characters of a file."""

Place = tuple[str | int, ...]


class BadYaml(UsageError):
    """A text is no YAML.

    Attributes:
        line: from 1; 0 when it is not known.
    """

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what, next_step="correct the text")
        self.line = line


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says.

    Attributes:
        data: plain values.
        lines: of every place, from 1.
    """

    data: Any
    lines: dict[Place, int] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """Of the nearest place around it that is there."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def parse(text: str) -> Document:
    """Read one document.

    Raises:
        BadYaml: it is none, lies too deep, or uses anchors: a few lines of those can stand for
            gigabytes.
    """
    if len(text) > LONGEST:
        raise BadYaml(f"the text has more than {LONGEST} characters", 0)
    try:
        reader = YAML(typ="safe", pure=True)
        root = reader.compose(text)
        lines: dict[Place, int] = {}
        if root is not None:
            _walk(root, (), lines, set())
        document = Document(YAML(typ="safe", pure=True).load(text), lines)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadYaml(_said(error), mark.line + 1 if mark else 0) from error
    except RecursionError as error:
        raise BadYaml(TOO_DEEP, 0) from error
    except (YAMLError, ValueError) as error:
        raise BadYaml(f"cannot be read: {error}", 0) from error
    if too_deep(document.data):
        raise BadYaml(TOO_DEEP, 0)
    return document


def _said(error: MarkedYAMLError) -> str:
    """With what it was in, where that began in another line: mostly the mistake is there."""
    said, began, seen = error.problem or "cannot be read", error.context_mark, error.problem_mark
    if not error.context or began is None or seen is None or began.line == seen.line:
        return said
    return f"{said}, {error.context} that begins in line {began.line + 1}"


def _walk(node: Node, place: Place, lines: dict[Place, int], seen: set[int]) -> None:
    if id(node) in seen:
        raise BadYaml("anchors and aliases are not allowed here", node.start_mark.line + 1)
    seen.add(id(node))
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, MappingNode):
        for key, value in node.value:
            inner = (*place, str(key.value))
            lines[inner] = key.start_mark.line + 1
            _walk(value, inner, lines, seen)
    elif isinstance(node, SequenceNode):
        for index, value in enumerate(node.value):
            _walk(value, (*place, index), lines, seen)
