"""Files that a person names: read whole, within limits, with errors that say what to do."""

from __future__ import annotations

import sys
from pathlib import Path

from kept.core.errors import InvalidInputError

MAX_DOCUMENT_BYTES = 10 * 1024 * 1024


def bytes_of(name: str) -> bytes:
    """
    Return what a file holds; ``-`` is standard input.

    Raises:
        InvalidInputError: it cannot be read, or is larger than 10 MiB.
    """
    try:
        if name == "-":
            content = sys.stdin.buffer.read(MAX_DOCUMENT_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                content = file.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        message = f"{name} cannot be read ({error.strerror}); give a file that exists and may be read"
        raise InvalidInputError.of("FILE", "unreadable", message) from None
    if len(content) > MAX_DOCUMENT_BYTES:
        raise InvalidInputError.of("FILE", "too_large", "is larger than 10 MiB; split it")
    return content


def text_of(name: str) -> str:
    """
    Return what a file of UTF-8 text holds.

    Raises:
        InvalidInputError: as :func:`bytes_of`, or it is not UTF-8.
    """
    try:
        return bytes_of(name).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInputError.of("FILE", "not_utf8", "is not UTF-8; save it as UTF-8") from None
