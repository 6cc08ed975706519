"""Which parts are meant, and their order. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from vrooli.backup.point import Part
from vrooli.core.errors import UsageError
from vrooli.core.nearest import did_you_mean
from vrooli.stack.backing import Backing

Named = TypeVar("Named")

_FIRST = ("postgres", "redis")
_LAST = ("files", "system")

_OWNED = re.compile(r"([a-z0-9][a-z0-9-]*):(.+)", re.ASCII)


def kind_of_form(form: str) -> str:
    """What people call it: `postgres` of `postgres-physical`."""
    return form.split("-", 1)[0]


def in_order(backings: Mapping[str, Backing]) -> dict[str, Backing]:
    """Databases first: what files and the system say of them may be newer, and never older."""
    return dict(sorted(backings.items(), key=lambda item: rank(item[1].form)))


def chosen(
    named: Mapping[str, Named], forms: Mapping[str, str], only: Sequence[str]
) -> dict[str, Named]:
    """Those that `only` names, by their own names or by what kind they are; all without it.

    Raises:
        UsageError: something in it names none.
    """
    for word in only:
        if not any(_is_meant(word, name, forms[name]) for name in named):
            raise UsageError(
                f"there is no `{word}` among what is backed up here",
                next_step=f"choose of: {', '.join(_words(named, forms)) or 'nothing'}",
            )
    return {
        name: one
        for name, one in named.items()
        if not only or any(_is_meant(word, name, forms[name]) for word in only)
    }


def names_parts(words: Sequence[str], parts: Iterable[Part]) -> bool:
    """Whether each of `words` means some of `parts`; a table is none."""
    forms = {part.service: part.source for part in parts}
    return all(any(_is_meant(word, name, form) for name, form in forms.items()) for word in words)


def table_of(only: str, parts: Sequence[Part]) -> str:
    """The table that `only` names; empty where it means parts, or was to: what is no table need
    not be fetched to see that. With a dot or quotes it is always one.

    Raises:
        UsageError: it is near to the name of a part, and no table is known by it.
    """
    words = split(only)
    if names_parts(words, parts) or ('"' not in only and len(words) > 1):
        return ""
    if "." in only or '"' in only or any(only in _tables(part) for part in parts):
        return only
    forms = {part.service: part.source for part in parts}
    if meant := did_you_mean(only, _words(forms, forms)):
        raise UsageError(
            f"there is no `{only}` among what is backed up here{meant}",
            next_step=f"a table of that name is meant by its schema: `public.{only}`",
        )
    return only


def owner_of(only: str, parts: Sequence[Part]) -> tuple[str, str]:
    """The service of which a table is, where it stands before it (`SERVICE:TABLE`), and the rest.

    Raises:
        UsageError: that is no database of them.
    """
    if (match := _OWNED.fullmatch(only)) is None:
        return "", only
    service, table = match.groups()
    names = [part.service for part in parts if kind_of_form(part.source) == _FIRST[0]]
    if service not in names:
        raise UsageError(
            f"there is no database `{service}` among what is backed up here"
            f"{did_you_mean(service, names)}",
            next_step=f"choose of: {', '.join(names) or 'none'}; a name with a colon in it is "
            'written between "quotes"',
        )
    return service, table


def _tables(part: Part) -> set[str]:
    """The names of those whose rows were read when it was taken."""
    there = (part.facts.get("rows") or {}).get("in") or {}
    return {key.rpartition(".")[2] for tables in there.values() for key in tables}


def split(only: str) -> tuple[str, ...]:
    """The words of an option, between commas."""
    return tuple(word.strip() for word in only.split(",") if word.strip())


def _is_meant(word: str, name: str, form: str) -> bool:
    return word in (name, kind_of_form(form))


def _words(named: Iterable[str], forms: Mapping[str, str]) -> list[str]:
    return sorted({*named, *(kind_of_form(forms[name]) for name in named)})


def rank(form: str) -> int:
    """Its place in the order."""
    kind = kind_of_form(form)
    if kind in _FIRST:
        return _FIRST.index(kind)
    return len(_FIRST) + (_LAST.index(kind) + 1 if kind in _LAST else 0)
