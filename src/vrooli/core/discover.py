"""Finding plugins: one file in a folder, no list to edit. The only place that imports by name."""

import importlib
import importlib.util
import pkgutil
from types import ModuleType
from typing import Any, TypeVar

Plugin = TypeVar("Plugin")


def names(package: ModuleType) -> list[str]:
    """Names of the plugin files in `package`, sorted; those that begin with an underscore are
    helpers, not plugins.
    """
    found = pkgutil.iter_modules(package.__path__)
    return sorted(module.name for module in found if not module.name.startswith("_"))


def installed(distribution_module: str) -> bool:
    """Whether a top-level module of another project is there; it is not imported."""
    return importlib.util.find_spec(distribution_module) is not None


def load(package: ModuleType, name: str, attribute: str, expected: type[Plugin]) -> Plugin:
    """The object `attribute` of the plugin file `name`, and only that file is imported.

    Raises:
        TypeError: the file does not define it, or as something else: a programming error, not a
            user's.
    """
    module: Any = importlib.import_module(f"{package.__name__}.{name}")
    plugin = getattr(module, attribute, None)
    if not isinstance(plugin, expected):
        raise TypeError(f"{module.__file__} must define {attribute}: {expected.__name__}")
    return plugin
