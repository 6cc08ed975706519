"""moto as a server: `python -m tests.support.s3_process PORT`."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple


class Server:
    """Where a bucket locks what comes, moto wants a header of one client library beside the
    checksum; S3 is content with the checksum.
    """

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """One request."""
        if "HTTP_X_AMZ_CHECKSUM_SHA256" in environ:
            environ.setdefault("HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM", "SHA256")
        answer: Iterable[bytes] = self._moto(environ, start)
        return answer


if __name__ == "__main__":
    run_simple("127.0.0.1", int(sys.argv[1]), Server(), threaded=True)
