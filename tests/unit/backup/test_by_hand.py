"""What the page about the format says of doing it by hand is done as it stands there, with the
programs that it names.
"""

import asyncio
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.stack import ROOT
from tests.unit.backup.made import ID, point_of
from vrooli.backup import streams, taring
from vrooli.backup.keys import keys_of
from vrooli.backup.point import Part
from vrooli.backup.sealing import new_identity
from vrooli.backup.sources.files import FilesBacking
from vrooli.backup.store import Store
from vrooli.host.blob_folder import BlobFolder
from vrooli.stack.backing import TREE
from vrooli.stack.backup_settings import FilesSettings

PAGE = ROOT / "docs" / "reference" / "backup-format.md"
MISSING = [name for name in ("age", "jq", "zstd", "tar") if not shutil.which(name)]


def _commands() -> str:
    """Of the page; its names are places."""
    by_hand = PAGE.read_text(encoding="utf-8").partition("\n## By hand\n")[2]
    block = re.search(r"(?:^    .*\n)+", by_hand, re.MULTILINE)
    assert block is not None
    return "".join(line[4:] for line in block[0].splitlines(True) if "aws s3" not in line)


@pytest.mark.skipif(bool(MISSING), reason=f"missing here: {', '.join(MISSING)}")
def test_the_page_says_how_to_restore_with_standard_tools_alone(tmp_path: Path) -> None:
    (data := tmp_path / "data").mkdir()
    (data / "large").write_bytes(b"0123456789" * 200_000)
    (data / "link").symlink_to("large")
    identity = new_identity()
    keys = keys_of(identity, "a key of manifests")
    backing = FilesBacking(FilesSettings("files", (str(data),)), tmp_path / "proof", ())
    store = Store(BlobFolder(tmp_path / "store"), keys.mac)
    asyncio.run(backing.begin())
    written = streams.write(
        taring.pieces(backing.program(), (), lambda: None), store, keys.seal, 2, lambda _: None
    )
    packs = tuple(written.packs)
    store.keep(point_of(Part("files", "files", TREE, written.plain, written.digest, packs)))
    (key := tmp_path / "backup-identity").write_text(f"{identity}\n", encoding="ascii")
    (into := tmp_path / "into").mkdir()
    places = {
        "cd STORE": f"cd {tmp_path / 'store'}",
        "points/ID.json": f"points/{ID}.json",
        "backup-identity": str(key),
        "EMPTY-FOLDER": str(into),
    }
    commands = _commands()
    for name, place in places.items():
        assert name in commands
        commands = commands.replace(name, place)
    subprocess.run(["bash", "-euo", "pipefail", "-c", commands], check=True)
    assert (Path(f"{into}/files{data}") / "large").read_bytes() == b"0123456789" * 200_000
    assert (Path(f"{into}/files{data}") / "link").is_symlink()
