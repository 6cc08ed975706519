"""The server, as the stack prepares it."""

from dataclasses import replace
from pathlib import Path

from tests.support.kinds import place
from tests.support.memory_watchdog import scenario
from vrooli.core.command import EnsureDirectory
from vrooli.stack.builtin.server import KIND


def test_all_instances_keep_the_files_of_runs_in_one_folder(tmp_path: Path) -> None:
    """Whichever is asked for a file has it, whichever worked on the run."""
    where = place(tmp_path, as_root=True)
    instances = [replace(scenario(f"server-{n}", 3000 + n), group="server") for n in (1, 2)]
    programs = [KIND.program(one, where) for one in instances]
    shared = str(where.home.data("server"))
    assert {one.env["VROOLI_FILES"] for one in programs} == {f"{shared}/work"}
    assert len({one.env["VROOLI_DATA"] for one in programs}) == 2
    for one, program in zip(instances, programs, strict=True):
        made = [it for it in KIND.prepare(one, where) if isinstance(it, EnsureDirectory)]
        assert {shared, program.env["VROOLI_DATA"]} == {it.path for it in made}
        assert shared in program.expose


def test_one_alone_has_one_folder(tmp_path: Path) -> None:
    where = place(tmp_path)
    made = KIND.prepare(scenario("server", 3001), where)
    assert len([one for one in made if isinstance(one, EnsureDirectory)]) == 1
