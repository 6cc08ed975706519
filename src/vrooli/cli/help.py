"""How `--help` reads: nothing is cut short, and an example stays a line that can be copied."""

import inspect
import textwrap
from collections.abc import Callable
from typing import Any, TypeVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from vrooli.cli.interrupt import at_work

Function = TypeVar("Function", bound=Callable[..., Any])

_WHOLE = 10_000
"""Characters of a sentence that tells what a command does."""

_EXAMPLE = "  "
"""How a paragraph begins that is an example; the same parts it from what it is about."""

_COMMENT = " " * 6


class HelpCommand(TyperCommand):
    """One whose help keeps its examples, and calls what it takes by capital letters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for param in self.params:
            if isinstance(param, TyperArgument | TyperOption) and param.metavar is None:
                param.metavar = _metavar(param)

    def invoke(self, ctx: Any) -> Any:
        """Run it."""
        at_work()
        return super().invoke(ctx)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write what it does."""
        formatter.write_paragraph()
        with formatter.indentation():
            width = formatter.width - formatter.current_indent
            formatter.write_text(laid_out(inspect.cleandoc(self.help or ""), width))


class HelpGroup(TyperGroup):
    """One that says of each command what it does, in as many lines as that needs."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write what there is."""
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, it.get_short_help_str(_WHOLE)) for name, it in found if it and not it.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class App(typer.Typer):
    """Commands with such help. Without rich: loading it takes a third of the 250 ms that
    `vrooli status` has.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(cls=HelpGroup, no_args_is_help=True, rich_markup_mode=None, **settings)

    def command(self, *args: Any, **settings: Any) -> Callable[[Function], Function]:
        """See the base."""
        return super().command(*args, **{"cls": HelpCommand, **settings})


def with_examples(text: str, *lines: str) -> str:
    """The help of a command: what it does, and how it is called."""
    title = "Example:" if len(lines) == 1 else "Examples:"
    return "\n\n".join([text, title, *(f"{_EXAMPLE}{line}" for line in lines)])


def laid_out(text: str, width: int) -> str:
    """`text` for a formatter that fills paragraphs: examples are left as they are, and what one is
    about comes below it where both do not fit into a line. Pure.
    """
    paragraphs = text.split("\n\n")
    return "\n\n".join(
        _example(one, width) if one.startswith(_EXAMPLE) else one for one in paragraphs
    )


def _example(paragraph: str, width: int) -> str:
    command, _, about = paragraph.strip().partition(_EXAMPLE)
    lines = [paragraph]
    if about and len(paragraph) > width:
        said = textwrap.wrap(about.strip(), max(20, width - len(_COMMENT)))
        lines = [f"{_EXAMPLE}{command}", *(f"{_COMMENT}{line}" for line in said)]
    return "\n".join(["\b", *lines])  # the formatter's word for what it must not fill


def _metavar(param: TyperArgument | TyperOption) -> str | None:
    if isinstance(param, TyperArgument):
        name = (param.name or "").upper()
        return f"{name if param.required else f'[{name}]'}{'...' if param.nargs == -1 else ''}"
    if param.is_flag or param.count:
        return None
    return "N" if "int" in param.type.name else "TEXT"
