"""Port `Routes`: the kernel's own decision, with every table and rule that it has."""

import errno
import os
import socket

_NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL)
"""The last one: there is no address of ours from which to go there."""

_ANY_PORT = 9


class KernelRoutes:
    """Asks by connect(2) on a socket for datagrams, which chooses a way and sends nothing
    (udp(7)).
    """

    def missing(self, address: str) -> str:
        """See the port."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as asking:
                asking.connect((address, _ANY_PORT))
        except OSError as error:
            if error.errno in _NO_WAY:
                return os.strerror(error.errno).lower()
        return ""
