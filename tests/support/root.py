"""What only root may do. A skipped test is a failure in CI, which runs as root."""

import os

import pytest

ROOT = os.geteuid() == 0

mounts = pytest.mark.skipif(not ROOT, reason="mounts a file system")
becomes_another = pytest.mark.skipif(not ROOT, reason="starts programs as another user")
gives_away = pytest.mark.skipif(not ROOT, reason="gives files to others")
own_network = pytest.mark.skipif(not ROOT, reason="makes a network of its own")
