"""The line of a check over time: options of ECharts. Texts and lines get their colours from the
style sheet, so that they follow light and dark; only what means something has a colour here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from vrooli.console.parts.history import BANDS, History, Mark, bands, has_values, line
from vrooli.console.parts.html import Tag

_GOOD, _WARNING, _CRITICAL, _HEAL, _OTHER = "#2f9e5b", "#d9930d", "#d23a32", "#3b6fd4", "#8a95a3"

_SIGNS = {
    "heals": ("triangle", _HEAL),
    "to critical": ("diamond", _CRITICAL),
    "to warning": ("rect", _WARNING),
    "other changes": ("circle", _OTHER),
}
"""Shape and colour of marks: a colour is never the only sign."""

_BAD = {"critical": "to critical", "failed": "to critical", "warning": "to warning"}


def options(
    history: History, marks: Sequence[Mark], thresholds: Mapping[str, float] | None
) -> dict[str, Any]:
    """What ECharts draws. Pure."""
    return {
        "animation": False,
        "grid": {"left": 12, "right": 24, "top": 56, "bottom": 8, "containLabel": True},
        "legend": {"top": 0, "left": 0, "type": "scroll"},
        "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True},
        "xAxis": {
            "type": "time",
            "min": history.since * 1000,
            "max": history.until * 1000,
            "axisLabel": {"hideOverlap": True},
        },
        "yAxis": [
            {"type": "value", "name": history.unit or "value", "splitNumber": 4},
            {"type": "value", "min": 0, "max": 1, "show": False},
        ],
        "series": [_line(history, thresholds), *_marks(marks)],
    }


def _line(history: History, thresholds: Mapping[str, float] | None) -> dict[str, Any]:
    drawn = line(history.points)
    series: dict[str, Any] = {
        "name": "value",
        "type": "line",
        "data": [list(pair) for pair in drawn],
        "showSymbol": len(drawn) < 3,
        "connectNulls": False,
        "lineStyle": {"width": 2},
        "color": _GOOD,
    }
    if thresholds:
        series["markLine"] = {
            "symbol": "none",
            "silent": True,
            "data": [
                _limit("warning", thresholds["warning"], _WARNING),
                _limit("critical", thresholds["critical"], _CRITICAL),
            ],
        }
    return series


def _limit(name: str, at: float, colour: str) -> dict[str, Any]:
    return {
        "yAxis": at,
        "name": name,
        "label": {"formatter": name, "position": "insideStartTop"},
        "lineStyle": {"color": colour, "type": "dashed"},
    }


def _marks(marks: Sequence[Mark]) -> list[dict[str, Any]]:
    """On the upper edge, one series a kind; all of them always, so that a legend stays."""
    sorted_: dict[str, list[dict[str, Any]]] = {name: [] for name in _SIGNS}
    for mark in marks:
        name = "heals" if mark.kind == "heal" else _BAD.get(mark.kind, "other changes")
        sorted_[name].append({"value": [mark.at * 1000, 0.97], "name": mark.text})
    return [
        {
            "name": name,
            "type": "scatter",
            "yAxisIndex": 1,
            "symbol": _SIGNS[name][0],
            "symbolSize": 11,
            "color": _SIGNS[name][1],
            "data": data,
            "tooltip": {"trigger": "item", "formatter": "{b}"},
        }
        for name, data in sorted_.items()
    ]


class Chart:
    """The chart, or a strip of states for what has no numbers; and how to show newer ones."""

    def __init__(self, label: str) -> None:
        self._around, self._label = Tag("div", "", "drawn"), label
        self._chart: ui.echart | None = None

    def show(
        self, history: History, marks: Sequence[Mark], thresholds: Mapping[str, float] | None
    ) -> None:
        """Draw it, in place of what was drawn before."""
        if not history.points:
            self._anew()
            with self._around:
                Tag("p", "Nobody has looked in this time.", "empty")
        elif not has_values(history):
            self._anew()
            with self._around:
                strip(history, self._label)
        else:
            self._draw(options(history, marks, thresholds))

    def _draw(self, drawn: dict[str, Any]) -> None:
        if self._chart is not None:
            self._chart.options.clear()
            self._chart.options.update(drawn)
            self._chart.update()
            return
        self._anew()
        with self._around:
            self._chart = ui.echart(drawn, renderer="svg").classes("chart")
            self._chart.props["role"] = "img"
            self._chart.props["aria-label"] = f"{self._label}; the text beside it says the same"

    def _anew(self) -> None:
        self._around.clear()
        self._chart = None


def strip(history: History, label: str) -> None:
    """States over time, without numbers."""
    parts = bands(history)
    counted = ", ".join(f"{parts.count(one)} {one}" for one in dict.fromkeys(parts))
    text = f"{label}: of {BANDS} equal parts of the time, {counted}"
    with Tag("div", "", "bars", role="img", aria_label=text):
        for status in parts:
            Tag("span", "", status, title=status)
    Tag("p", f"{text}.", "soft")
