"""A network of one's own: nobody else's ports, and nobody else is asked on them."""

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

NEW_NETWORK = 0x40000000  # CLONE_NEWNET of unshare(2)
SET_FLAGS = 0x8914  # SIOCSIFFLAGS of netdevice(7)
UP = 0x1


def alone(body: Callable[[], None]) -> None:
    """Run `body` in a thread that has a network with nothing but loopback; so has what it starts.
    It is gone with the last process in it.
    """
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_in_new_network, body).result()


def _in_new_network(body: Callable[[], None]) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))
    body()
