"""A name server of a scenario's own, which can fall silent: RFC 1035, as little as it takes."""

import contextlib
import random
import socket
import struct
import threading

PORT = 53
_ANSWER = 0x8180  # a response without an error, recursion asked for and there
_ADDRESS = 1  # a question for an IPv4 address
_HEADER = struct.Struct("!HHHHHH")


class NameServer:
    """Knows one name, whose address is 127.0.0.1, until it is closed. OSError where it may not
    listen.

    Attributes:
        address: where it listens: one of the loopback addresses.
        silent: whether it takes questions and never answers.
    """

    def __init__(self, name: str) -> None:
        self._name = _encoded(name)
        self.silent = False
        chosen = (random.SystemRandom().randrange(1, 255) for _ in range(3))
        self.address = "127." + ".".join(map(str, chosen))
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((self.address, PORT))
        except OSError:
            self._socket.close()
            raise
        self._closing = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer nothing more."""
        self._closing = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", (self.address, PORT))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            asked, peer = self._socket.recvfrom(512)
            if self._closing:
                return
            if self.silent:
                continue
            with contextlib.suppress(ValueError, struct.error):  # this was no question
                self._socket.sendto(answer(asked, self._name), peer)


def answer(asked: bytes, known: bytes) -> bytes:
    """What is said to one question: the address of the name that is known, else nothing."""
    number = _HEADER.unpack_from(asked)[0]
    end = asked.index(b"\0", _HEADER.size) + 1
    question, (wanted,) = asked[_HEADER.size : end + 4], struct.unpack_from("!H", asked, end)
    found = asked[_HEADER.size : end].lower() == known and wanted == _ADDRESS
    head = _HEADER.pack(number, _ANSWER, 1, int(found), 0, 0)
    # The name of the question, an IPv4 address on the Internet, for no time, of four bytes.
    row = struct.pack("!HHHIH4B", 0xC00C, _ADDRESS, 1, 0, 4, 127, 0, 0, 1)
    return head + question + (row if found else b"")


def _encoded(name: str) -> bytes:
    parts = [part.encode("ascii") for part in name.lower().split(".")]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
