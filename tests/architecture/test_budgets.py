"""Small files, small functions: what does not fit in a head is not read before it is changed."""

import statistics

from tests.architecture.source import functions, lines, name, python

FILE, MEDIAN, FUNCTION, PLUGIN = 500, 120, 60, 80
PLUGIN_FOLDERS = ("checks", "healers", "actions", "gates", "rules", "advisors")


def test_no_file_is_longer_than_the_stop() -> None:
    long = {name(f): lines(f) for f in python("src", "tests", "bench") if lines(f) > FILE}
    assert not long, f"over {FILE} lines; which second idea lives in there? {long}"


def test_the_median_file_is_short() -> None:
    counts = [count for file in python("src") if (count := lines(file)) > 1]
    assert statistics.median(counts) <= MEDIAN


def test_no_function_is_longer_than_the_stop() -> None:
    long = {
        f"{name(file)}:{node.lineno} {node.name}": length
        for file in python("src", "tests", "bench")
        for node in functions(file)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION
    }
    assert not long, f"over {FUNCTION} lines: {long}"


def test_a_plugin_is_a_page_at_most() -> None:
    plugins = [file for file in python("src") if file.parent.name in PLUGIN_FOLDERS]
    assert plugins, "no plugin folder was found: the budget would hold for nothing"
    long = {name(file): lines(file) for file in plugins if lines(file) > PLUGIN}
    assert not long, f"over {PLUGIN} lines: {long}"
