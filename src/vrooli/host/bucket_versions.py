"""What `obstore` does not ask of a server that speaks S3: to remove one version of a blob, and
until when a version is locked. Signed by AWS's signature version 4, in the standard library.
"""

import hashlib
import hmac
import http.client
import time
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from vrooli.core.errors import Unreachable
from vrooli.host.blob_bucket import Bucket

PATIENCE = 30.0
"""Seconds of one request."""

_LARGEST = 64 * 1024
_UNTIL = "x-amz-object-lock-retain-until-date"
_NOTHING = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Versions:
    """Of the blobs in a bucket."""

    bucket: Bucket

    def removed(self, name: str, version: str) -> bool:
        """Have one version gone for good; False when the server refuses.

        Raises:
            Unreachable: nobody answers, or not in words of this protocol.
        """
        status, _ = self._asked("DELETE", name, {"versionId": version})
        if status in (200, 204):
            return True
        if status == 403:
            return False
        raise self._odd(status)

    def locked_until(self, name: str, version: str) -> str:
        """When that version's lock ends, as the server writes it; empty when it tells none, also
        for want of rights.
        """
        status, until = self._asked("HEAD", name, {"versionId": version})
        return until if status == 200 else ""

    def _asked(self, method: str, name: str, query: dict[str, str]) -> tuple[int, str]:
        bucket = self.bucket
        endpoint = urlsplit(bucket.endpoint or f"https://s3.{bucket.region}.amazonaws.com")
        kind = http.client.HTTPSConnection
        if endpoint.scheme == "http":
            kind = http.client.HTTPConnection  # type: ignore[assignment]  # the same to its users
        key = "/".join(part for part in (bucket.prefix, name) if part)
        path = quote(f"{endpoint.path.rstrip('/')}/{bucket.name}/{key}")
        headers = signed(bucket, method, (endpoint.netloc, path), query, time.time())
        connection = kind(endpoint.netloc, timeout=PATIENCE)
        try:
            connection.request(method, f"{path}?{_query(query)}", headers=headers)
            answer = connection.getresponse()
            answer.read(_LARGEST)
            return answer.status, (answer.getheader(_UNTIL) or "")[:40]
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(
                f"nobody answers: {type(error).__name__}",
                where=bucket.where,
                next_step="check the network, and the address of the server",
            ) from error
        finally:
            connection.close()

    def _odd(self, status: int) -> Unreachable:
        return Unreachable(
            f"the server answers {status} to the removal of a version", where=self.bucket.where
        )


def signed(
    bucket: Bucket, method: str, place: tuple[str, str], query: dict[str, str], at: float
) -> dict[str, str]:
    """Headers of a request without a body, `Authorization` among them. Pure.

    Args:
        bucket: who asks.
        method: like `GET`.
        place: host and path, the path quoted.
        query: by name.
        at: Unix seconds.
    """
    host, path = place
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    scope = f"{moment[:8]}/{bucket.region}/s3/aws4_request"
    headers = {"host": host, "x-amz-content-sha256": _NOTHING, "x-amz-date": moment}
    names = ";".join(headers)
    said = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = "\n".join((method, path, _query(query), said, names, _NOTHING))
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join(("AWS4-HMAC-SHA256", moment, scope, digest))
    key = f"AWS4{bucket.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"Credential={bucket.access_key}/{scope}"
    whole = f"AWS4-HMAC-SHA256 {credential}, SignedHeaders={names}, Signature={signature}"
    return {**headers, "Authorization": whole}


def _query(query: dict[str, str]) -> str:
    pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)
