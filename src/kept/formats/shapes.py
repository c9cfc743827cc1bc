"""
What a document from outside must look like, as data: its members, their types and limits.

One value serves twice: :func:`read` checks a document by it and finds everything that is wrong at once, and the doors
describe themselves with it. What a text means (a time, a number, an address) is for the reader of the document.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Final, ParamSpec, TypeVar, cast

import msgspec

from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.people import MAX_NAME_LENGTH, checked_id, checked_text, checked_unicode

LARGEST_INTEGER: Final = 2**53 - 1
"""The largest that every JSON reader keeps exactly (RFC 8259 §6)."""
LONGEST_NAME_SHOWN: Final = 64
"""Longest name of an unknown member that an error repeats."""
MOST_PROBLEMS: Final = 50
"""Problems told at once."""

P = ParamSpec("P")
R = TypeVar("R")


class Type(StrEnum):
    """What JSON knows, and ids apart from other texts."""

    TEXT = "string"
    NOTATION = "notation"
    """Text in a notation of its own (a time, a number, an address); whoever reads it says what is wrong with it."""
    ID = "id"
    INTEGER = "integer"
    FLAG = "boolean"
    OBJECT = "object"
    LIST = "array"


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One member of an object."""

    types: tuple[Type, ...]
    """Any one of these."""
    about: str
    """For a person: what it means, unit and format."""
    required: bool = False
    limit: int = MAX_NAME_LENGTH
    """Longest text in code points; most items of a list."""
    multiline: bool = False
    least: int = 0
    most: int = LARGEST_INTEGER
    choices: tuple[str, ...] = ()
    """Empty: any text."""
    shape: Shape | None = None
    """Of an object; None: any object. The items of a list are read one by one by whoever asked for it."""
    example: object = None


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """An object and its members."""

    name: str
    about: str
    members: Mapping[str, Member]
    needs: tuple[str, ...] = ()
    """At least one of these must be given, null or not."""
    example: Mapping[str, object] = {}


Values = dict[str, object]
"""Members that were given and are not null; objects with a shape are such values again."""


class Problems:
    """Collects what is wrong, so that a caller learns everything at once."""

    def __init__(self) -> None:
        self.found: list[FieldProblem] = []

    def add(self, field: str, code: str, message: str, **extra: object) -> None:
        """Note one problem."""
        self.found.append(FieldProblem(field=field, code=code, message=message, extra=extra))

    def tried(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
        """Return what the call returns, or None after noting what it found wrong with the input."""
        try:
            return call(*args, **kwargs)
        except InvalidInputError as error:
            self.found.extend(error.problems)
            return None

    def has(self, field: str) -> bool:
        """Tell whether a field is already known to be wrong."""
        return any(p.field == field for p in self.found)

    def check(self) -> None:
        """
        Do nothing when nothing was found.

        Raises:
            InvalidInputError: everything that was found.
        """
        if self.found:
            raise InvalidInputError(*self.found[:MOST_PROBLEMS])


def read(shape: Shape, document: object, problems: Problems, *, at: str = "") -> Values:
    """
    Return the members of a document that are right; note what is wrong with the others.

    Args:
        shape: What it must look like.
        document: As parsed. A member that is null counts as not given.
        problems: Where to note what is wrong.
        at: Path of the document in the whole, with a slash at its end; empty for the whole.
    """
    if not isinstance(document, dict):
        problems.add(at.removesuffix("/"), "not_an_object", "must be a JSON object; send its members in braces")
        return {}
    for name in document:
        if name not in shape.members:
            problems.found.append(_unknown(shape, name, at))
    if shape.needs and not document.keys() & set(shape.needs):
        first, *others = shape.needs
        problems.add(f"{at}{first}", "required", f"is missing; give it, or one of: {', '.join(others)}")
    values: Values = {}
    for name, member in shape.members.items():
        given = document.get(name)
        if given is not None:
            values.update(_member(name, member, given, problems, at=at))
        elif member.required:
            problems.add(f"{at}{name}", "required", "is missing; give it")
    return values


def text_of(values: Values, name: str) -> str:
    """Return a text member; empty when it was not given."""
    return cast("str", values.get(name, ""))


def object_of(values: Values, name: str) -> Values:
    """Return an object member; empty when it was not given."""
    return cast("Values", values.get(name, {}))


def _member(name: str, member: Member, given: object, problems: Problems, *, at: str) -> Iterator[tuple[str, object]]:
    """Yield the member with its value if it is right."""
    field = f"{at}{name}"
    kind = next((t for t in member.types if _is(t, given)), None)
    if kind is None:
        problems.found.append(_wrong_type(member, given, field))
        return
    if kind is Type.OBJECT and member.shape:
        yield name, read(member.shape, given, problems, at=f"{field}/")
        return
    value = problems.tried(_checked, kind, member, given, field)
    if value is not None:
        yield name, value


def _is(kind: Type, given: object) -> bool:
    if kind in _STRINGS:
        return isinstance(given, str)
    if kind is Type.INTEGER:
        return not isinstance(given, bool) and (
            isinstance(given, int) or (isinstance(given, float) and given.is_integer())
        )
    return isinstance(given, {Type.FLAG: bool, Type.OBJECT: dict, Type.LIST: list}[kind])


def _checked(kind: Type, member: Member, given: object, field: str) -> object:
    """Return a value of the right type, inside its limits."""
    if kind is Type.INTEGER:
        number = int(cast("int | float", given))
        if not member.least <= number <= member.most:
            message = f"must be from {member.least} to {member.most}; correct the number"
            raise InvalidInputError.of(field, "out_of_range", message, least=member.least, most=member.most)
        return number
    if kind is Type.LIST and len(cast("list[object]", given)) > member.limit:
        message = f"must hold at most {member.limit} items; send the rest in another request"
        raise InvalidInputError.of(field, "too_many", message, limit=member.limit)
    if kind is Type.ID:
        return checked_id(checked_unicode(cast("str", given), field=field), field=field)
    if kind is Type.NOTATION:
        return checked_unicode(cast("str", given), field=field)
    if kind is Type.TEXT:
        text = checked_text(cast("str", given), field=field, limit=member.limit, multiline=member.multiline)
        if member.choices and text not in member.choices:
            message = f"must be one of: {', '.join(member.choices)}"
            raise InvalidInputError.of(field, "not_a_choice", message, choices=list(member.choices))
        return text
    return given


_STRINGS: Final = frozenset({Type.TEXT, Type.NOTATION, Type.ID})
_WRONG: Final[dict[Type, tuple[str, str]]] = {
    Type.TEXT: ("not_a_string", "must be text in quotes"),
    Type.NOTATION: ("not_a_string", "must be text in quotes"),
    Type.ID: ("not_a_string", "must be text in quotes"),
    Type.INTEGER: ("not_an_integer", "must be a whole number without quotes"),
    Type.FLAG: ("not_a_boolean", "must be true or false, without quotes"),
    Type.OBJECT: ("not_an_object", "must be an object in braces"),
    Type.LIST: ("not_a_list", "must be a list in brackets"),
}


def _wrong_type(member: Member, given: object, field: str) -> FieldProblem:
    """Return the problem of a value that is none of the member's types."""
    codes = [_WRONG[kind] for kind in member.types]
    code, message = codes[0] if len(codes) == 1 else ("wrong_type", " or ".join(text for _, text in codes))
    if isinstance(given, float) and math.isinf(given):
        message = f"{message}; this number is too large"
    return FieldProblem(field=field, code=code, message=message)


def _unknown(shape: Shape, name: str, at: str) -> FieldProblem:
    """Return the problem of a member that nobody asked for; a name that cannot be shown is not repeated."""
    is_short = len(name) <= LONGEST_NAME_SHOWN
    shown = name.replace("~", "~0").replace("/", "~1") if is_short else ""
    message = f"is not known here; leave it out, or use one of: {', '.join(shape.members)}"
    return FieldProblem(field=f"{at}{shown}" if shown else at.removesuffix("/"), code="unknown_field", message=message)
