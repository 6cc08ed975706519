"""The service that everybody supervises here: notes when it began, listens after a delay, answers.

Arguments: file for the notes, port, seconds of delay, and optionally a pid file, a file without
which it crashes at once, and a file while which it accepts and never answers.
"""

import os
import socket
import sys
import time

began = time.monotonic()
notes, port, delay = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
pid_file, needed, mute = [*sys.argv[4:], "", "", ""][:3]
with open(notes, "a", encoding="ascii") as file:
    file.write(f"{began} {os.getpid()}\n")
if pid_file:
    with open(pid_file, "w", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")
if needed and not os.path.exists(needed):
    sys.exit(3)
time.sleep(delay)
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen(64)
held = []
while True:
    connection, _ = listener.accept()
    if mute and os.path.exists(mute):
        held.append(connection)
        continue
    connection.settimeout(2.0)
    try:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    except OSError:
        pass
    connection.close()
