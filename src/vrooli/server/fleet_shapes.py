"""The shapes of answers about other hosts. Times are unix seconds."""

from typing import Literal

from pydantic import BaseModel


class OpenProblemShape(BaseModel):
    """A service or check that is not well there."""

    name: str
    status: Literal["warning", "critical", "unknown"]
    message: str


class RivalShape(BaseModel):
    """Another stack that came with the token of a host."""

    stack: str
    machine: str


class HostShape(BaseModel):
    """Another host, without its token."""

    name: str
    machine: str | None
    created_at: float
    created_by: str
    revoked_at: float | None
    last_seen: float | None
    silent: float
    unheard: bool
    boot: str | None
    seq: int | None
    stack: str | None
    version: str | None
    status: Literal["ok", "warning", "critical", "unknown"] | None
    problems: list[OpenProblemShape]
    behind: int
    lost: int
    home: str | None
    rival: RivalShape | None
    rival_ago: float | None


class HostMade(HostShape):
    """With its token, this once."""

    token: str


class HostList(BaseModel):
    """By name, those that may post first."""

    hosts: list[HostShape]
