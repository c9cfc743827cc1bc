"""
JSON from outside, read the one way that everybody reads it.

What two readers may understand differently is refused: doubled names, bytes that are not UTF-8, numbers that JSON does
not have. How deep it nests and how long its numbers are is bounded before anything is built.

Source:
    RFC 8259 §4 (names should be unique), §8.1 (UTF-8, no byte order mark), §9 (limits of a parser); RFC 7493 (I-JSON).
"""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn

from kept.core.errors import InvalidInputError

MAX_DEPTH: Final = 32
"""Objects and lists inside each other. Ours: no document here needs more than four."""
MAX_DIGITS: Final = 100
"""Longest number, in characters; far beyond any that means something here."""

_STRINGS: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKETS: Final = re.compile(r"[\[\]{}]")


class MalformedJsonError(InvalidInputError):
    """The bytes are no JSON document that everybody would read the same way."""

    @property
    def code(self) -> str:
        """Stable machine word for what is wrong."""
        return self.problems[0].code


def parsed(body: bytes) -> object:
    """
    Return what a JSON document says, as plain Python values.

    Args:
        body: As received. Strings may still hold half a surrogate pair (JSON can write one): whoever stores a text
            checks it.

    Raises:
        MalformedJsonError: it is no JSON, or JSON that readers understand differently.

    >>> parsed(b'{"start": "2026-05-04T13:00:00Z", "durationMinutes": 30}')
    {'start': '2026-05-04T13:00:00Z', 'durationMinutes': 30}
    """
    if not body.strip():
        raise _malformed("empty", "is empty; send a JSON object")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("not_utf8", "is not UTF-8; encode the document in UTF-8") from None
    if text.startswith("\ufeff"):
        raise _malformed("byte_order_mark", "begins with a byte order mark; leave it out")
    _check_depth(text)
    try:
        return _DECODER.decode(text)
    except RecursionError:  # pragma: no cover  the depth is bounded above; kept because a crash here would be a 500
        raise _malformed("too_deep", _TOO_DEEP) from None
    except json.JSONDecodeError as error:
        message = f"is not JSON at line {error.lineno}, column {error.colno}; check quotes, commas and brackets there"
        raise _malformed("not_json", message) from None


def _check_depth(text: str) -> None:
    """Refuse what nests too deeply, before a parser goes down into it."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for found in _BRACKETS.finditer(_STRINGS.sub("", text)):
        depth += 1 if found.group() in "[{" else -1
        if depth > MAX_DEPTH:
            raise _malformed("too_deep", _TOO_DEEP)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the pairs as a dictionary, each name once."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _malformed("duplicate_key", "names a member twice; send each member once")
    return found


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _malformed("number_too_long", f"holds a number of more than {MAX_DIGITS} digits; shorten it")
    return int(digits)


def _number(digits: str) -> float:
    if len(digits) > MAX_DIGITS:
        raise _malformed("number_too_long", f"holds a number of more than {MAX_DIGITS} digits; shorten it")
    return float(digits)


def _constant(name: str) -> NoReturn:
    raise _malformed("not_json", f"holds {name}, which JSON does not have; leave the member out")


def _malformed(code: str, message: str) -> MalformedJsonError:
    return MalformedJsonError.of("", code, message)


_TOO_DEEP: Final = f"nests deeper than {MAX_DEPTH} levels; flatten it"
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_constant
)
