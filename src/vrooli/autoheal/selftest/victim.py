"""A small HTTP service with bad habits, chosen by options. It needs nothing but Python.

It listens on PORT when that is set, answers every GET with 200, and writes its pid to
`<cwd>/<VROOLI_SERVICE>.starts` at each start, so that tests can count them. A file that switches a
habit on may hold a pid: then it concerns that process alone, and the next one is sound.
"""

import argparse
import itertools
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ANSWER = b"HTTP/1.1 %s\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before it listens")
    parser.add_argument("--say", action="append", default=[], help="a line for the log")
    parser.add_argument("--chatter", type=int, default=0, help="bytes to write to the log at once")
    parser.add_argument("--crash-unless", help="exit 3 at once while this file is missing")
    parser.add_argument("--mute-while", help="accept and never answer while this file is there")
    parser.add_argument("--sick-while", help="answer 503 while this file is there")
    parser.add_argument("--exit-when", help="exit 0 as soon as this file is there")
    parser.add_argument("--slow-while", help="take 0.4 s for an answer while this file is there")
    parser.add_argument("--flap", type=int, default=0, help="so many answers 200, then so many 503")
    parser.add_argument("--open-files-while", help="take every descriptor while this file exists")
    parser.add_argument("--forks", type=int, default=0, help="so many children that fork and end")
    parser.add_argument(
        "--bomb", type=int, default=0, help="fork so many times, and so do the forks"
    )
    parser.add_argument("--relies-on", type=int, help="503 unless something listens on this port")
    parser.add_argument("--patience", type=float, default=0.3, help="seconds to wait for that one")
    parser.add_argument("--children", type=int, default=0, help="so many, which ignore TERM")
    parser.add_argument("--ignore-term", action="store_true", help="say so, and go on")
    parser.add_argument("--daemonise", action="store_true", help="go on in the background")
    return parser.parse_args()


def main() -> None:
    chosen = options()
    note("starts", os.getpid())
    for line in chosen.say:
        print(line, flush=True)
    print("x" * chosen.chatter)
    if chosen.crash_unless and not Path(chosen.crash_unless).exists():
        sys.exit(3)
    if chosen.daemonise:
        daemonise()
    if chosen.ignore_term:
        signal.signal(signal.SIGTERM, lambda *_: print("asked to end", flush=True))
    for _ in range(chosen.children):
        note("children", child())
    if chosen.bomb and os.fork() == 0:
        explode(chosen.bomb - 1)
    for _ in range(chosen.forks):
        subprocess.Popen([sys.executable, "-S", "-c", "import os; os.fork()"])
    time.sleep(chosen.delay)
    if "PORT" in os.environ:
        threading.Thread(target=serve, args=(chosen,), daemon=True).start()
    while not switched(chosen.exit_when):
        time.sleep(0.05)


def switched(name: str | None) -> bool:
    """Whether the file is there, and not for another process."""
    try:
        text = Path(name).read_text(encoding="ascii") if name else None
    except FileNotFoundError:
        return False
    return text is not None and text.strip() in ("", str(os.getpid()))


def take_all_files() -> list[int]:
    """Every descriptor but those that answering needs."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    taken = []
    try:
        while True:
            taken.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        return taken


def serve(chosen: argparse.Namespace) -> None:
    server = socket.create_server((os.environ["HOST"], int(os.environ["PORT"])), backlog=100)
    kept = []
    for answers in itertools.count():
        try:
            peer, _ = server.accept()
        except OSError:  # no descriptor left: whoever waits, waits
            time.sleep(0.1)
            continue
        if switched(chosen.open_files_while):
            kept.append(peer)
            take_all_files()
            continue
        if switched(chosen.mute_while):
            kept.append(peer)
            continue
        if switched(chosen.slow_while):
            time.sleep(0.4)
        with peer:
            try:
                peer.recv(4096)
                good = well(chosen) and not (chosen.flap and answers // chosen.flap % 2)
                peer.sendall(ANSWER % (b"200 OK" if good else b"503 Sick"))
            except OSError:
                continue


def well(chosen: argparse.Namespace) -> bool:
    if switched(chosen.sick_while):
        return False
    if not chosen.relies_on:
        return True
    try:
        address = ("127.0.0.1", chosen.relies_on)
        with socket.create_connection(address, timeout=chosen.patience) as peer:
            peer.settimeout(chosen.patience)
            peer.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return b" 200 " in peer.recv(100)
    except OSError:
        return False


def child() -> int:
    """A child in a session of its own that outlives its parent unless somebody looks for it."""
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(3600)"
    return subprocess.Popen([sys.executable, "-S", "-c", code], start_new_session=True).pid


def explode(rounds: int) -> None:
    """Become 2 to the power of `rounds` processes, each in its own session and deaf to TERM."""
    for _ in range(rounds):
        os.fork()
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    note("children", os.getpid())
    time.sleep(3600)
    os._exit(0)


def daemonise() -> None:
    """The old way: fork, new session, fork; both parents exit 0."""
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    note("children", os.getpid())


def note(what: str, pid: int) -> None:
    name = os.environ.get("VROOLI_SERVICE", "service")
    with Path(f"{name}.{what}").open("a", encoding="utf-8") as file:
        file.write(f"{pid} {time.time()}\n")


if __name__ == "__main__":
    main()
