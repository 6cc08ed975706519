"""What a redirect asks for (RFC 9110, 15.4). Pure."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from vrooli.core.ports.http import Answer, Request

_SEE_OTHER = 303
_KEPT = (307, 308)
_REDIRECTS = (301, 302, _SEE_OTHER, *_KEPT)
_SAFE = ("GET", "HEAD")
_PERSONAL = ("authorization", "cookie", "proxy-authorization")


def followed(request: Request, answer: Answer, private: Mapping[str, str]) -> Request | None:
    """The request that comes next, or None: it is no redirect, or none to follow unasked.

    Another origin gets none of the `private` headers, and none that tell who asks. From `https`
    nothing goes on to `http`. Only `303` turns a request that changes something into a `GET`; with
    `301` and `302` nobody knows whether it was done, so that it is not followed.
    """
    target = answer.headers.get("location")
    if answer.status not in _REDIRECTS or not target:
        return None
    url = urljoin(request.url, target)
    if urlsplit(request.url).scheme == "https" and urlsplit(url).scheme != "https":
        return None
    headers = dict(request.headers)
    if _origin(url) != _origin(request.url):
        kept = (name for name in headers if name not in private and name.lower() not in _PERSONAL)
        headers = {name: headers[name] for name in kept}
    if answer.status == _SEE_OTHER and request.method not in _SAFE:
        about_body = ("content-type", "content-length")
        headers = {name: one for name, one in headers.items() if name.lower() not in about_body}
        return Request("GET", url, headers)
    if request.method not in _SAFE and answer.status not in _KEPT:
        return None
    return replace(request, url=url, headers=headers)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port
