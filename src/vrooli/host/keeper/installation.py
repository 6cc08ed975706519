"""Which installation a process of ours runs from: another `up` may come from another one."""

from __future__ import annotations

import os
import sys

import vrooli


def installation() -> str:
    """Version, folder of the interpreter and folder of the package, in one line.

    The folder, since an environment has several names for its interpreter.
    """
    programs = os.path.realpath(os.path.dirname(sys.executable))
    package = os.path.dirname(os.path.realpath(vrooli.__file__))
    return f"{vrooli.__version__} {programs} {package}"
