"""Certificates in files: which one ends first, and when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vrooli.autoheal.check import Check, Look, judge
from vrooli.core.errors import VrooliError
from vrooli.core.ports.files import Files
from vrooli.core.result import Result, not_applicable, warning
from vrooli.stack.model import Thresholds
from vrooli.stack.wire import x509

_DAY = 86_400.0
_LIVE = "/etc/letsencrypt/live"


@dataclass(frozen=True, slots=True)
class Certificates:
    """Keys of `infra-certificate`.

    Attributes:
        paths: PEM files; those of certbot are found by themselves.
    """

    paths: Sequence[str] = ()


def _run(look: Look) -> Result:
    files, now = look.facts.files, look.facts.tools.clock.wall()
    left: dict[str, float] = {}
    for path in _paths(files, look.options.paths):
        content = files.read(path)
        try:
            left[path] = (x509.valid_until(x509.first_of(content or b"")) - now) / _DAY
        except VrooliError as error:
            return warning(f"{path}: {error.what if content is not None else 'is not there'}")
    if not left:
        return not_applicable("there are no certificates of certbot, and no paths were declared")
    first = min(left, key=left.__getitem__)
    message = f"{first} is valid for {left[first]:.1f} days, the others for longer"
    return judge(left[first], "days", look.limits, message)


def _paths(files: Files, declared: Sequence[str]) -> Iterator[str]:
    yield from declared
    for name in files.names(_LIVE):
        if files.facts(f"{_LIVE}/{name}/fullchain.pem") is not None:
            yield f"{_LIVE}/{name}/fullchain.pem"


CHECK = Check(
    id="infra-certificate",
    title="Certificates",
    why="On the day that one ends everything behind it is down at once.",
    category="infra",
    interval=3600.0,
    unit="days",
    thresholds=Thresholds(warning=21.0, critical=7.0),
    run=_run,
    options=Certificates,
)
