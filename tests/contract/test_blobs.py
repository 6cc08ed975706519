"""Port `Blobs`: a folder of this machine, a bucket of a server that speaks S3, and the twin."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.s3 import ACCESS, S3, SECRET, running_s3
from vrooli.core.errors import NotStored
from vrooli.core.ports.blobs import Blobs
from vrooli.host.blob_bucket import BlobBucket, Bucket
from vrooli.host.blob_folder import BlobFolder
from vrooli.host.memory.blobs import MemoryBlobs


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with running_s3() as server:
        server.bucket("bucket")
        yield server


@pytest.fixture(params=["folder", "bucket", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "bucket":
        server: S3 = request.getfixturevalue("server")
        prefix = f"host/{secrets.token_hex(4)}"
        one = Bucket("bucket", prefix, server.endpoint, "us-east-1", ACCESS, SECRET)
        return BlobBucket(one)
    return BlobFolder(tmp_path / "a" / "b") if request.param == "folder" else MemoryBlobs()


def test_what_was_put_is_there_and_stays_as_it_was(blobs: Blobs) -> None:
    assert blobs.put("packs/ab/abcd", b"one")
    assert not blobs.put("packs/ab/abcd", b"two")
    assert blobs.get("packs/ab/abcd") == b"one"


def test_names_are_told_with_their_sizes_in_order(blobs: Blobs) -> None:
    blobs.put("points/2.json", b"22")
    blobs.put("points/1.json", b"1")
    blobs.put("packs/ab/abcd", b"")
    assert list(blobs.sizes("points/")) == [("points/1.json", 1), ("points/2.json", 2)]
    assert list(blobs.sizes("nothing/")) == []


def test_what_is_not_there_is_no_empty_blob(blobs: Blobs) -> None:
    with pytest.raises(NotStored):
        blobs.get("points/1.json")
    blobs.put("points/1.json", b"1")
    blobs.delete("points/1.json")
    blobs.delete("points/1.json")
    with pytest.raises(NotStored):
        blobs.get("points/1.json")


def test_of_several_writers_of_one_name_one_wins(blobs: Blobs) -> None:
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: blobs.put("keys/mac", b"%d" % n), range(16)))
    assert won.count(True) == 1
    assert blobs.get("keys/mac") == b"%d" % won.index(True)
