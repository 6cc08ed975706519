"""What the keeper is asked to start, what it then runs, and how that ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vrooli.core.identity import Identity


@dataclass(frozen=True, slots=True)
class LaunchSpec:
    """A process to be started, as data.

    Attributes:
        service: the name under which it is recorded. What is no service has a sign in it that no
            name of a service may hold (`NAME.probe`), and is never taken for one.
        argv: program (found through PATH of `env`, or a path) and arguments; never a secret.
        cwd: working directory.
        env: the whole environment; may carry secret values, hence the own `repr`.
        user: system user to run as when the keeper is root; None keeps the keeper's own.
        log_path: file that takes stdout and stderr (appended).
        expose: folders that `user` must be able to read although a parent forbids it; bound into a
            private mount namespace of the process.
        stdin: text fed to standard input; None means `/dev/null`.
        fingerprint: hash of what matters about the declaration, so that an edit can be told from no
            edit; of a job the id of its run.
        nice: 0 to 19, added to the keeper's own priority number: the higher, the politer.
    """

    service: str
    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str] = field(repr=False)
    log_path: str
    user: str | None = None
    expose: tuple[str, ...] = ()
    stdin: str | None = field(default=None, repr=False)
    fingerprint: str = ""
    nice: int = 0

    def to_json(self) -> dict[str, Any]:
        """The shape on the keeper's socket (owner-only, never written to disk by us)."""
        return {
            "service": self.service,
            "argv": list(self.argv),
            "cwd": self.cwd,
            "env": dict(self.env),
            "log_path": self.log_path,
            "user": self.user,
            "expose": list(self.expose),
            "stdin": self.stdin,
            "fingerprint": self.fingerprint,
            "nice": self.nice,
        }


@dataclass(frozen=True, slots=True)
class Launch:
    """A process that the keeper started, or adopted from an earlier keeper.

    Attributes:
        launch_id: random hex, unique for this start; also in the process's environment as
            VROOLI_LAUNCH.
        service: the recorded name.
        identity: the process.
        fingerprint: of the LaunchSpec it was started from.
        started_at: wall clock, unix seconds.
        adopted: True when this keeper is not its parent, so that its exit status cannot be known.
    """

    launch_id: str
    service: str
    identity: Identity
    fingerprint: str
    started_at: float
    adopted: bool = False

    def to_json(self) -> dict[str, Any]:
        """The shape on the keeper's socket and in its record."""
        return {
            "launch_id": self.launch_id,
            "service": self.service,
            "identity": self.identity.to_json(),
            "fingerprint": self.fingerprint,
            "started_at": self.started_at,
            "adopted": self.adopted,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Launch":
        """Read what `to_json` wrote."""
        return cls(
            launch_id=str(data["launch_id"]),
            service=str(data["service"]),
            identity=Identity.from_json(data["identity"]),
            fingerprint=str(data["fingerprint"]),
            started_at=float(data["started_at"]),
            adopted=bool(data["adopted"]),
        )


@dataclass(frozen=True, slots=True)
class Exit:
    """A launch that ended.

    Attributes:
        seq: position in the keeper's list of exits, from 1; a client asks for those after the last
            it has handled.
        launch: what ended.
        code: exit code, None when it was ended by a signal or when the status is unknown.
        signal: signal number, None likewise.
        at: wall clock, unix seconds.
        detected_monotonic: CLOCK_MONOTONIC seconds when the keeper reaped it (comparable on one
            host and boot).
        why: more about it, for people, as a manager tells it; the keeper knows nothing of that.
    """

    seq: int
    launch: Launch
    code: int | None
    signal: int | None
    at: float
    detected_monotonic: float
    why: str = ""

    @property
    def known(self) -> bool:
        """False when nobody could reap it; then nothing about its end is guessed."""
        return self.code is not None or self.signal is not None

    def describe(self) -> str:
        """How it ended, in words."""
        return f"{self._how()}: {self.why}" if self.why else self._how()

    def _how(self) -> str:
        if self.signal is not None:
            return f"killed by signal {self.signal}"
        if self.code is not None:
            return f"exited with code {self.code}"
        return "ended, status unknown"

    def to_json(self) -> dict[str, Any]:
        """The shape on the keeper's socket."""
        return {
            "seq": self.seq,
            "launch": self.launch.to_json(),
            "code": self.code,
            "signal": self.signal,
            "at": self.at,
            "detected_monotonic": self.detected_monotonic,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Exit":
        """Read what `to_json` wrote."""
        return cls(
            seq=int(data["seq"]),
            launch=Launch.from_json(data["launch"]),
            code=data["code"],
            signal=data["signal"],
            at=float(data["at"]),
            detected_monotonic=float(data["detected_monotonic"]),
        )
