"""Nothing is undocumented: what the code offers stands in docs/reference, and what stands there is
offered.
"""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import python, tree

READERS = re.compile(r"environ", re.IGNORECASE)
OURS = re.compile(r"(?:VROOLI|XDG)_[A-Z_]+")


def test_the_reference_says_what_the_source_says() -> None:
    # Imported here: a fault in any plugin is this test's failure, not the whole run's.
    from scripts import reference

    assert not reference.stale(), "run: make reference"


def read_or_set() -> set[str]:
    """Names of environment variables in the source: what is asked of something called
    `environ...`, and every text that can only be such a name.
    """
    found: set[str] = set()
    for file in python("src"):
        for node in ast.walk(tree(file)):
            found.update(asked(node))
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.update({node.value} if OURS.fullmatch(node.value) else ())
    return found


def asked(node: ast.AST) -> Iterator[str]:
    """The names for which an expression looks into the environment."""
    if isinstance(node, ast.Call):
        places = [*node.args, *([node.func.value] if isinstance(node.func, ast.Attribute) else [])]
        names = node.args
    elif isinstance(node, ast.Subscript):
        places, names = [node.value], [node.slice]
    elif isinstance(node, ast.Compare):
        places, names = node.comparators, [node.left]
    else:
        return
    if any(READERS.search(ast.unparse(place)) for place in places):
        for name in names:
            if isinstance(name, ast.Constant) and re.fullmatch(r"[A-Z][A-Z_]+", str(name.value)):
                yield str(name.value)


def test_every_environment_variable_is_documented_and_every_documented_one_exists() -> None:
    from scripts.reference_environment import documented

    source = read_or_set()
    assert source - documented() == set(), "add them to scripts/reference_environment.py"
    text = "\n".join(file.read_text(encoding="utf-8") for file in python("src"))
    assert not {name for name in documented() if f'"{name}"' not in text}
