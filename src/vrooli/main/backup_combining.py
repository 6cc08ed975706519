"""Composition of parts that build on others: which programs make one of them, and running these."""

from collections.abc import Sequence
from pathlib import Path

from vrooli.backup.combining import Combine
from vrooli.backup.point import Part
from vrooli.core.command import CopyTree
from vrooli.host.files import copy_tree
from vrooli.host.outputs import LocalOutputs
from vrooli.main.backup_place import BackupPlace
from vrooli.stack.compiled import read_compiled
from vrooli.stack.postgres.combining import program, programs_for


def combiner(place: BackupPlace, part: Part) -> Combine:
    """What makes one of the chain of `part`, which only PostgreSQL has. Errors as of
    `programs_for`, and StartFailed.
    """

    def combine(copies: Sequence[Path], into: Path) -> None:
        service = read_compiled(place.home.stack_json).services.get(part.service)
        declared = str((service.options if service else {}).get("installation", ""))
        programs = programs_for(copies[-1], place.home, part.service, declared)
        if programs.sources:
            copy_tree(CopyTree(programs.sources, programs.root))
        output = LocalOutputs().open(program(copies, into, programs))
        try:
            while output.readinto(memoryview(bytearray(4096))):
                pass
            output.finish()
        finally:
            output.end()

    return combine
