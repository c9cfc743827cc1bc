"""Where a page ended and the next begins: the one cursor that every store hands out and takes back."""

from __future__ import annotations

import base64
import binascii

import msgspec

from kept.core.errors import InvalidInputError
from kept.ports.store import Hit, Page

Position = tuple[str, str]
"""Sort key and id of the last row that was handed out."""

_DECODER = msgspec.json.Decoder(Position)


def cursor_after(position: Position) -> str:
    """
    Return the opaque cursor for what follows *position*.

    >>> position_of(cursor_after(("2026-05-04", "apt_1")))
    ('2026-05-04', 'apt_1')
    """
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode("ascii")


def position_of(cursor: str) -> Position:
    """
    Return where the page ended that handed out this cursor.

    Raises:
        InvalidInputError: No store ever handed out such a cursor.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        position: Position = _DECODER.decode(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (UnicodeEncodeError, binascii.Error, msgspec.DecodeError) as error:
        message = "is not a cursor that was handed out here; leave it out to begin at the first page"
        raise InvalidInputError.of("cursor", "invalid_cursor", message) from error
    return position


def page_of(rows: list[Position], limit: int) -> Page:
    """
    Return a page of at most *limit* of the rows, with a cursor if there are more.

    Args:
        rows: In the order of the page; one more than *limit* of them shows that the page is not the last.
        limit: At least 1.
    """
    hits = tuple(Hit(id=entity_id, sort=sort) for sort, entity_id in rows[:limit])
    return Page(hits=hits, cursor=cursor_after(rows[limit - 1]) if len(rows) > limit else None)


def checked_limit(limit: int) -> int:
    """
    Return *limit* if a page can have that length.

    Raises:
        InvalidInputError: It is less than 1.
    """
    if limit < 1:
        raise InvalidInputError.of("limit", "too_small", "must be at least 1")
    return limit
