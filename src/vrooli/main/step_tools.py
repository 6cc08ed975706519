"""What steps of routines work with on this machine."""

import os
from collections.abc import Collection
from pathlib import Path

from vrooli.core.ports.clock import Clock
from vrooli.execution.allowed_secrets import AllowedSecrets
from vrooli.execution.step_type import StepTools
from vrooli.host.http import HttpxHttp
from vrooli.host.resolver import SystemResolver
from vrooli.host.sandbox.linux_sandbox import LinuxSandbox
from vrooli.host.secrets import FileSecrets


def step_tools(clock: Clock, secrets: Collection[str]) -> StepTools:
    """Put them together; nothing is opened.

    Args:
        clock: time.
        secrets: the references that steps may use.
    """
    return StepTools(
        clock=clock,
        http=HttpxHttp(SystemResolver()),
        sandbox=LinuxSandbox(),
        secrets=AllowedSecrets(FileSecrets(Path(), os.environ), secrets),
    )
