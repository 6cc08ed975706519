"""The service that everybody supervises here: notes when it began, listens after a delay, answers.

Arguments: file for the notes, port, seconds of delay, and optionally a pid file, a file without
which it crashes at once, a file while which it accepts and never answers, and a port without whose
answers it answers 503; "crash" after that: without which it crashes, at the start and later.
"""

import os
import socket
import sys
import time

began = time.monotonic()
notes, port, delay = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
pid_file, needed, mute, relies, crash = [*sys.argv[4:], *[""] * 5][:5]


def well() -> bool:
    """Whether what it relies on answers, if there is such a thing."""
    try:
        with socket.create_connection(("127.0.0.1", int(relies or 0)), 0.3) as peer:
            peer.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return b" 200 " in peer.recv(64)
    except OSError:
        return not relies


with open(notes, "a", encoding="ascii") as file:
    file.write(f"{began} {os.getpid()}\n")
if pid_file:
    with open(pid_file, "w", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")
if (needed and not os.path.exists(needed)) or (crash and not well()):
    sys.exit(3)
time.sleep(delay)
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen(64)
listener.settimeout(0.5 if crash else None)
held = []
while True:
    if crash and not well():
        sys.exit(4)
    try:
        connection, _ = listener.accept()
    except TimeoutError:
        continue
    if mute and os.path.exists(mute):
        held.append(connection)
        continue
    connection.settimeout(2.0)
    try:
        connection.recv(4096)
        said = b"200 OK" if well() else b"503 Away"
        connection.sendall(
            b"HTTP/1.1 " + said + b"\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
        )
    except OSError:
        pass
    connection.close()
