"""What a bucket answers that is no blob: each told as what it is, and never with a secret."""

import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.support.ports import free_port
from tests.support.s3 import ACCESS, S3, SECRET, running_s3, wire_to
from vrooli.core.errors import StorageError, Unreachable, VrooliError
from vrooli.host.blob_bucket import BlobBucket, Bucket


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with running_s3() as server:
        server.bucket("bucket")
        yield server


def _bucket(server: S3) -> Bucket:
    return Bucket("bucket", "host", server.endpoint, "us-east-1", ACCESS, SECRET)


def _asked(bucket: Bucket, patience: float = 2.0) -> list[VrooliError]:
    """What becomes of each thing that can be asked of it."""
    blobs, errors = BlobBucket(bucket, patience, tries=1), []
    asked = (
        lambda: blobs.put("packs/ab/abcd", b"one"),
        lambda: blobs.get("packs/ab/abcd"),
        lambda: list(blobs.sizes("packs/")),
        lambda: blobs.delete("packs/ab/abcd"),
    )
    for ask in asked:
        with pytest.raises(VrooliError) as raised:
            ask()
        errors.append(raised.value)
        said = f"{raised.value} {raised.value!r} {raised.value.__cause__}"
        assert SECRET not in said + repr(bucket) + blobs.where
        assert ACCESS not in said + repr(bucket) + blobs.where
    return errors


def test_a_bucket_that_is_not_there(server: S3) -> None:
    errors = _asked(replace(_bucket(server), name="another"))
    assert [type(error) for error in errors] == [StorageError] * 4
    assert all("make the bucket" in error.next_step for error in errors)


def test_nobody_at_its_address(server: S3) -> None:
    endpoint = f"http://127.0.0.1:{free_port()}"
    errors = _asked(replace(_bucket(server), endpoint=endpoint))
    assert [type(error) for error in errors] == [Unreachable] * 4


def test_somebody_who_never_answers_is_not_waited_for_for_ever(server: S3) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        endpoint = f"http://127.0.0.1:{mute.getsockname()[1]}"
        begun = time.monotonic()
        errors = _asked(replace(_bucket(server), endpoint=endpoint), patience=0.5)
    assert all(error.retryable for error in errors), errors
    assert time.monotonic() - begun < 10


def test_where_no_keys_are_given_and_the_machine_has_none(
    server: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands at the address where a machine in a cloud is asked for its keys."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://169.254.0.1:9")
    with pytest.raises(StorageError, match="no keys are given"):
        BlobBucket(replace(_bucket(server), access_key="", secret_key=""), 0.5, 0).get("keys/one")


def test_an_upload_that_is_cut_off_leaves_nothing(server: S3) -> None:
    with wire_to(server) as wire:
        blobs = BlobBucket(replace(_bucket(server), endpoint=wire.endpoint), 2.0, tries=1)
        wire.cut_after(100_000)
        with pytest.raises(Unreachable):
            blobs.put("packs/cd/cut", b"x" * 1_000_000)
        assert "host/packs/cd/cut" not in server.names("bucket")
        wire.mend()
        assert blobs.put("packs/cd/cut", b"x" * 1_000_000)


def test_who_may_not_is_told_so(server: S3) -> None:
    access, secret = server.user("reader", ["s3:GetObject", "s3:ListBucket"])
    blobs = BlobBucket(_bucket(server))
    blobs.put("packs/ef/there", b"1")
    reader = BlobBucket(replace(_bucket(server), access_key=access, secret_key=secret))
    server.ask_who()
    try:
        assert reader.get("packs/ef/there") == b"1"
        for ask in (
            lambda: reader.put("packs/ef/new", b""),
            lambda: reader.delete("packs/ef/there"),
        ):
            with pytest.raises(StorageError) as raised:
                ask()
            assert "AccessDenied" in str(raised.value)
            assert secret not in str(raised.value)
        assert [type(one) for one in _asked(_bucket(server))] == [StorageError] * 4  # unknown keys
    finally:
        server.ask_who(float("inf"))
    assert blobs.get("packs/ef/there") == b"1"
