"""The plan of a swarm: a graph, and below it each task with how it stands."""

from collections.abc import Callable

from vrooli.console.parts.addresses import address
from vrooli.console.parts.asked import Showing
from vrooli.console.parts.html import Tag, link
from vrooli.console.parts.map_drawing import Drawing
from vrooli.console.parts.rows import Rows
from vrooli.console.parts.stack_map import Node
from vrooli.console.parts.swarm_seen import Task, nodes_of, progress, shape_of, tasks_of
from vrooli.console.run_feed import RunSeen

Beside = Callable[[Task], None]
"""Shows what can be done with a task."""


def show_plan(shown: Showing[RunSeen], beside: Beside) -> None:
    """Both; only what changed is built anew."""
    Plan(beside).show(shown)


class Plan:
    """Of one swarm, as it was read last."""

    def __init__(self, beside: Beside) -> None:
        self._beside = beside
        self._tasks: list[Task] = []
        names = ("Plan as a graph", "Tasks, what comes first before what needs it")
        self._drawing = Drawing(lambda: nodes_of(self._tasks), _place, names)

    def show(self, shown: Showing[RunSeen]) -> None:
        """Here."""
        with Tag("section"):
            Tag("h2", "Plan")
            about = Tag("p", "", "soft")
            shown.hand(self._take)
            shown.show(self._draw, "div", "plan-map", lambda seen: shape_of(tasks_of(seen)))
            shown.hand(lambda _: self._drawing.look())
            rows: Rows[str, tuple[Task, bool]] = Rows(self._row, "ol", "steps", row_classes="step")

        def look(seen: RunSeen) -> None:
            rows.show((one.id, (one, seen.ended)) for one in self._tasks)
            about.text = _about(seen, self._tasks)

        shown.hand(look)

    def _take(self, seen: RunSeen) -> None:
        self._tasks = tasks_of(seen)

    def _row(self, row: tuple[Task, bool]) -> None:
        task, ended = row
        with Tag("div", "", "inside", id=f"task-{task.id}"):
            _row(task)
            if not ended:
                self._beside(task)

    def _draw(self, _: RunSeen) -> None:
        self._drawing.draw(shape_of(self._tasks))


def _about(seen: RunSeen, tasks: list[Task]) -> str:
    if seen.swarm is None:
        return "It has not begun yet."
    plan = seen.swarm["plan"]
    by = f", by {plan['by']}" if plan["version"] > 1 else ""  # the first is that of its file
    refused = seen.swarm["problems"]
    said = f"Version {plan['version']}{by}. {progress(tasks)}"
    return f"{said} The last plan was refused: {refused}" if refused else said


def _place(node: Node) -> str:
    return f"#task-{node.name}"


def _row(task: Task) -> None:
    with Tag("div", "", "row"):
        Tag("strong", task.id)
        Tag("span", task.state, f"state {task.status}")
        Tag("span", task.who, "soft")
        if task.run:
            link(f"run {task.run}", address("runs", task.run))
    for said in _comes_after(task):
        Tag("p", said, "soft")
    if task.why:
        Tag("p", task.why, "field-error" if task.status == "failed" else "soft")
    if task.asks:
        Tag("p", task.asks)
    for name, text in (("output", task.output), ("as it was written", task.written)):
        if text:
            with Tag("details"):
                Tag("summary", name)
                Tag("pre", text, tabindex="0")


def _comes_after(task: Task) -> list[str]:
    """What it waits for, in sentences."""
    found = []
    if task.after:
        found.append(f"after {', '.join(task.after)}")
    if task.needs:
        found.append(f"needs {', '.join(task.needs)} on the blackboard")
    if task.writes:
        found.append(f"writes {task.writes}")
    return ["; ".join(found)] if found else []
