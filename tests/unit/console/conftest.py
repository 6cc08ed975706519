"""One console for all tests of a process: NiceGUI keeps its pages for the whole of it."""

from collections.abc import Iterator

import pytest

from tests.support.live_console import Accounts, LiveConsole, live_console


@pytest.fixture(scope="session")
def accounts() -> Accounts:
    """Those at the server of the running console."""
    return Accounts()


@pytest.fixture(scope="session")
def _console(accounts: Accounts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveConsole]:
    with live_console(tmp_path_factory.mktemp("console"), accounts) as found:
        yield found


@pytest.fixture
def running(_console: LiveConsole) -> Iterator[LiveConsole]:
    """The console; browsers of this test are closed after it."""
    yield _console
    _console.watchdog.goes_on.set()
    _console.server.goes_on.set()
    _console.close()
