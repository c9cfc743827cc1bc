"""How one setting is read, shown, and asked for when it makes no sense."""

from __future__ import annotations

import re
import types
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec

MASK: Final = "********"
_AMOUNT: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_YES_AND_NO: Final = {"yes": True, "on": True, "no": False, "off": False}
"""Words for true and false beside those that msgspec knows."""


class Secret:
    """A text that is shown to nobody who does not ask for it by name."""

    __slots__ = ("text",)

    def __init__(self, text: str = "") -> None:
        self.text = text

    def __repr__(self) -> str:
        """Return what may be shown of it."""
        return MASK if self.text else ""

    def __eq__(self, other: object) -> bool:
        """Tell whether two are the same."""
        return isinstance(other, Secret) and self.text == other.text

    def __hash__(self) -> int:
        """Return the same for the same text."""
        return hash(self.text)


def read_value(value: object, kind: Any) -> Any:  # noqa: ANN401 a type, and a value of it
    """
    Return what was given as the setting's own type.

    Args:
        value: A text, as the environment has it; or what TOML or a caller has.
        kind: The type of the setting.

    Raises:
        ValueError: it makes no sense there.

    >>> read_value("8080", int), read_value("a, b,", tuple[str, ...]), read_value("on", bool)
    (8080, ('a', 'b'), True)
    """
    bare = _bare(kind)
    if bare is Decimal and not _AMOUNT.fullmatch(str(value)):
        raise ValueError("not an amount")
    if isinstance(value, str):
        value = _unfolded(value, bare)
    try:
        return msgspec.convert(value, kind, strict=False, dec_hook=_made)
    except msgspec.ValidationError as error:
        raise ValueError("not of this kind") from error


def wanted(kind: Any) -> str:  # noqa: ANN401 a type
    """
    Return what a setting of a type must be, for people.

    >>> wanted(Annotated[int, msgspec.Meta(ge=0, le=65_535)]), wanted(bool)
    ('a whole number from 0 to 65535', 'true or false')
    """
    bare, limits = _bare(kind), _limits(kind)
    if isinstance(bare, type) and issubclass(bare, Enum):
        *names, last = (f"{member.value}" for member in bare)
        return f"{', '.join(names)} or {last}"
    said = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        Decimal: "an amount such as 0.05",
        Path: "a path",
        tuple: "names with commas between them, or a list of them",
    }
    return said.get(get_origin(bare) or bare, "text") + (_range(limits) if limits else "")


def plain(value: object) -> object:
    """Return a setting as JSON can show it, without what is secret."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, (Path, Decimal, Secret)) else value


def _bare(kind: Any) -> Any:  # noqa: ANN401 as above
    """Return a type without None and without limits."""
    if get_origin(kind) in {Union, types.UnionType}:
        kind = next(part for part in get_args(kind) if part is not types.NoneType)
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _limits(kind: Any) -> msgspec.Meta | None:  # noqa: ANN401 as above
    parts = (kind, *get_args(kind))
    found = (note for part in parts if get_origin(part) is Annotated for note in part.__metadata__)
    return next((note for note in found if isinstance(note, msgspec.Meta)), None)


def _range(limits: msgspec.Meta) -> str:
    if limits.gt is not None:
        return f" above {limits.gt} and up to {limits.le}"
    return f" from {limits.ge} to {limits.le}" if limits.le is not None else f" from {limits.ge} on"


def _unfolded(text: str, bare: Any) -> object:  # noqa: ANN401 as above
    """Return a text of the environment as TOML would have it, where it has more than text."""
    if get_origin(bare) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    if bare is bool:
        return _YES_AND_NO.get(text.lower(), text)
    if isinstance(bare, type) and issubclass(bare, Enum):
        return next((member.value for member in bare if member.value.lower() == text.lower()), text)
    return text


def _made(kind: type, value: object) -> object:
    """Return a path or a secret."""
    if isinstance(value, kind):
        return value
    if not isinstance(value, str):
        raise TypeError(f"{kind.__name__} is made of text")
    return kind(value)
