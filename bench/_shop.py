"""A small shop for faults to be seeded into: it listens on PORT as its file of settings says.

`hoard` has it take memory at its start until there is none, `leak` as many files; `pays_at` is a
port without which it answers 503 and says why.
"""

import json
import os
import resource
import socket
import sys
from pathlib import Path


def main() -> None:
    """Serve."""
    file = Path(f"{os.environ['VROOLI_SERVICE']}.json")
    settings = json.loads(file.read_text(encoding="utf-8"))
    taken: list[object] = []
    if settings.get("hoard"):
        resource.setrlimit(resource.RLIMIT_AS, (64 << 20, 64 << 20))
        while True:
            taken.append(bytearray(1 << 20))
    if settings.get("leak"):
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        while True:
            taken.append(os.fdopen(os.open(file, os.O_RDONLY)))
    address = (os.environ["HOST"], int(os.environ["PORT"]))
    server = socket.create_server(address, backlog=100)
    while True:
        peer, _ = server.accept()
        with peer:
            peer.recv(4096)
            status = "200 OK" if _paid(settings.get("pays_at", 0)) else "503 Unavailable"
            peer.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())


def _paid(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 0.3):
            return True
    except OSError as error:
        print(f"payments at 127.0.0.1:{port}: {error}", file=sys.stderr, flush=True)
        return not port


if __name__ == "__main__":
    main()
