"""A server that speaks S3, and a wire to it that a test may cut."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.ports import free_port
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[2]
ACCESS, SECRET = "AKIAEXAMPLE", "not-to-be-seen-anywhere"


@dataclass
class S3:
    """One, in memory: what it held is gone with it."""

    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with tempfile.TemporaryFile() as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.s3_process", str(self.port)],
                cwd=ROOT,
                env={**os.environ, "AWS_DEFAULT_REGION": "us-east-1"},
                stdout=log,
                stderr=log,
            )
        wait_for(self._listens, "the S3 server listens")

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def client(self, service: str = "s3", keys: tuple[str, str] = (ACCESS, SECRET)) -> Any:
        """Amazon's own library, as an operator with all rights."""
        import boto3

        access, secret = keys
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=access,
            aws_secret_access_key=secret,
        )

    def bucket(self, name: str, lock_days: int = 0) -> None:
        """Make one; `lock_days`: nobody removes for so long what is put into it."""
        client = self.client()
        client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=bool(lock_days))
        if lock_days:
            rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": lock_days}}
            client.put_object_lock_configuration(
                Bucket=name,
                ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule},
            )

    def user(self, name: str, actions: list[str]) -> tuple[str, str]:
        """The keys of somebody who may do only that."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        said = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
        }
        iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=json.dumps(said))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def ask_who(self, free: float = 0) -> None:
        """Look from now on at who somebody is and may do, after so many requests."""
        url = f"{self.endpoint}/moto-api/reset-auth"
        plain = {"Content-Type": "text/plain"}
        request = urllib.request.Request(url, str(free).encode(), plain, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200

    def names(self, bucket: str) -> list[str]:
        """What is in a bucket."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [one["Key"] for page in pages for one in page.get("Contents", ())]

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextlib.contextmanager
def running_s3() -> Iterator[S3]:
    """A started one, gone at the end."""
    server = S3()
    try:
        server.start()
        yield server
    finally:
        server.kill()


class Wire:
    """A relay to a port. `cut` ends all connections and refuses new ones; after `cut_after` bytes
    of what is sent it does so by itself.
    """

    def __init__(self, to: int) -> None:
        self.port, self._to = free_port(), to
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._left: float = float("inf")

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self.port}"

    def mend(self) -> None:
        """Relay."""
        self._left = float("inf")
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut_after(self, size: int) -> None:
        """Cut once so many more bytes have been sent."""
        self._left = size

    def cut(self) -> None:
        """Now."""
        with self._lock:
            listener, self._listener = self._listener, None
            ends, self._open = self._open, set()
        for one in (*ends, *([listener] if listener else ())):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                return
            with self._lock:
                self._open |= {near, far}
            for pair in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, sent: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if sent:
                    self._left -= len(data)
                    if self._left < 0:
                        self.cut()
                        return
                target.sendall(data)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def wire_to(server: S3) -> Iterator[Wire]:
    """One that holds, cut at the end."""
    wire = Wire(server.port)
    wire.mend()
    try:
        yield wire
    finally:
        wire.cut()
