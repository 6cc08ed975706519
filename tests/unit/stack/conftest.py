"""A stack file to write to."""

from pathlib import Path

import pytest

from tests.support.stackfile import StackFile


@pytest.fixture
def file(tmp_path: Path) -> StackFile:
    """In a folder of its own."""
    return StackFile(tmp_path)
