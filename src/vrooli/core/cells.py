"""Cells of a table that a spreadsheet may open. Texts of others run nothing there: see
https://owasp.org/www-community/attacks/CSV_Injection. Pure.
"""

import re

from vrooli.core.plain import plain_lines

_FORMULA = re.compile(r"[\s\ufffd]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""What a spreadsheet takes for the beginning of a formula, also in full width, and behind blanks or
what stands for a control character.
"""
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def defused(cell: str) -> str:
    """A text as no spreadsheet runs it, without control characters. A number stays one."""
    text = plain_lines(cell)
    if _NUMBER.fullmatch(text) or not _FORMULA.match(text):
        return text
    return f"'{text}"
