"""What the watchdog cannot do about backups itself: a child opens the stores."""

from vrooli.autoheal.backup_plan import RestorePlans
from vrooli.autoheal.backups import BackupRecord
from vrooli.autoheal.board import Board
from vrooli.autoheal.files_restoring import FilesRestores
from vrooli.autoheal.ledger import Ledger
from vrooli.core.home import Home
from vrooli.core.ports.children import Ended
from vrooli.host.python_child import PythonChildren
from vrooli.stack.fetched import store_environment

PLANNER, PUTTER = "vrooli.main.backup_planned", "vrooli.main.backup_putting"


class _Children:
    """A child gets the keys of the stores that are declared when it is asked."""

    def __init__(self, home: Home, board: Board) -> None:
        self._home, self._board = home, board

    async def run(self, module: str, given: bytes, seconds: float) -> Ended:
        """See the port."""
        context = self._board.supervisor.context
        environment = store_environment(self._board.supervisor.stack, context.environment)
        environment |= {"VROOLI_HOME": str(self._home.root)}
        return await PythonChildren(environment).run(module, given, seconds)


def restore_plans(home: Home, board: Board, record: BackupRecord) -> RestorePlans:
    """Plans of restores."""
    return RestorePlans(board, record, _Children(home, board), PLANNER)


def files_restores(board: Board, ledger: Ledger) -> FilesRestores:
    """What puts files back."""
    return FilesRestores(board, ledger, PUTTER)
