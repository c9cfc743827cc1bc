"""Read the query of a request by the same shapes as documents."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

from kept.entrypoints.http_api.problems import DoorError
from kept.formats.shapes import Member, Problems, Shape, Type, Values, read

_INTEGER: Final = re.compile(r"-?[0-9]{1,15}")
_MOST_PARAMETERS: Final = 50


def read_query(shape: Shape, query: bytes) -> Values:
    """
    Return the parameters of a query.

    Raises:
        DoorError: it cannot be decoded.
        InvalidInputError: with everything that is wrong; an unknown or repeated parameter is.
    """
    problems = Problems()
    given: dict[str, object] = {}
    for name, text in _pairs(query):
        member = shape.members.get(name)
        if member is None:
            shown = name if name.isascii() and name.isidentifier() and len(name) <= 64 else "?"  # noqa: PLR2004
            known = ", ".join(shape.members) or "none"
            problems.add(shown, "unknown_parameter", f"is not known here; leave it out, or use one of: {known}")
        elif name in given:
            problems.add(name, "repeated", "is given twice; give it once")
        else:
            given[name] = _typed(member, text)
    values = read(shape, given, problems)
    problems.check()
    return values


def _pairs(query: bytes) -> list[tuple[str, str]]:
    """Return names and values in their order, decoded."""
    if not query:
        return []
    parts = query.split(b"&")
    if len(parts) > _MOST_PARAMETERS:
        raise DoorError("bad-request", f"The query has more than {_MOST_PARAMETERS} parameters; leave some out.")
    try:
        split = [part.partition(b"=") for part in parts if part]
        return [(_decoded(name), _decoded(value)) for name, _, value in split]
    except UnicodeDecodeError:
        raise DoorError("bad-request", "The query is not UTF-8; percent-encode it as UTF-8.") from None


def _decoded(text: bytes) -> str:
    return unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8")


def _typed(member: Member, text: str) -> object:
    """Return the text as what the parameter is; left as it is when it is none, so that reading it finds out."""
    if Type.INTEGER in member.types and _INTEGER.fullmatch(text):
        return int(text)
    return text
